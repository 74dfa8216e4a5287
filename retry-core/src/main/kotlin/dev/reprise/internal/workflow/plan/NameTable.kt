package dev.reprise.internal.workflow.plan

/**
 * Numbers names from 0, in the order in which they are added, and finds the number of a name.
 *
 * Holds numbers and one array of names, and no object for each name. A hash map has one, and a garbage collector that reaches the names, or
 * the atoms, through a hash map lays them out by their hashes. Then tasks that run one after the other are far apart in memory, and a task
 * of a large workflow costs 50 % more.
 */
internal class NameTable(
    capacity: Int,
) {
    private val names = arrayOfNulls<String>(capacity)

    /** One more than a number, or 0 if there is none; if a slot is taken, the next one is tried. */
    private val places = IntArray(Integer.highestOneBit(maxOf(capacity, 1)) * 4)

    var size = 0
        private set

    /** The number of [name], or -1. */
    fun find(name: String): Int = places[placeOf(name)] - 1

    /** The number of [name]; assigns one if it has none. */
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
