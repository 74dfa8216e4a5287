package dev.reprise.internal.workflow.plan

/**
 * Numbers names from 0, in the order in which they are added, and finds the number of a name.
 *
 * Holds numbers and one array of names, and no object for each name. A hash map would: and a collector that comes to the names, or to the
 * atoms, through a hash map lays them out by their hashes. Then what runs one after the other lies far apart, and a task of a large
 * workflow costs half as much again.
 */
internal class NameTable(
    capacity: Int,
) {
    private val names = arrayOfNulls<String>(capacity)

    /** One more than a number, or 0 where there is none; the next place is tried when one is taken. */
    private val places = IntArray(Integer.highestOneBit(maxOf(capacity, 1)) * 4)

    var size = 0
        private set

    /** The number of [name], or -1. */
    fun find(name: String): Int = places[placeOf(name)] - 1

    /** The number of [name], which it is given if it has none. */
    fun add(name: String): Int {
        val place = placeOf(name)
        if (places[place] == 0) {
            names[size] = name
            places[place] = ++size
        }
        return places[place] - 1
    }

    private fun placeOf(name: String): Int {
        val hash = name.hashCode()
        var place = (hash xor (hash ushr 16)) and (places.size - 1)
        while (places[place] != 0 && names[places[place] - 1] != name) place = (place + 1) and (places.size - 1)
        return place
    }
}
