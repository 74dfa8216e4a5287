package dev.reprise.internal.util

import java.util.AbstractMap.SimpleImmutableEntry

/**
 * A map that keeps its entries in the order in which they were added. A map never changes; one that was made from another by [plus] shares the
 * entries of that, so that a map that grows to a thousand entries is not copied a thousand times.
 */
internal class GrowingMap<V : Any> private constructor(
    private val shared: Shared<V>,
    override val size: Int,
) : AbstractMap<String, V>() {
    private class Shared<V> {
        private val positions = HashMap<String, Int>()
        private val all = ArrayList<Map.Entry<String, V>>()

        /** Adds an entry behind the first [size]; false if another one is there already. */
        fun add(
            size: Int,
            key: String,
            value: V,
        ): Boolean =
            synchronized(this) {
                if (all.size != size) return false
                positions[key] = size
                all += SimpleImmutableEntry(key, value)
                true
            }

        fun position(key: String): Int? = synchronized(this) { positions[key] }

        fun at(position: Int): Map.Entry<String, V> = synchronized(this) { all[position] }
    }

    /** The value that was added last; null if there is none. */
    val last: V? get() = if (size == 0) null else shared.at(size - 1).value

    /** True if this was made from [other] by adding to it. */
    fun continues(other: GrowingMap<V>): Boolean = shared === other.shared && size >= other.size

    /** The entries from the position [from] on. */
    fun from(from: Int): List<Map.Entry<String, V>> = (from until size).map(shared::at)

    /** These entries and one more; unchanged if there is one of [key]. */
    fun plus(
        key: String,
        value: V,
    ): GrowingMap<V> =
        when {
            key in this -> this
            shared.add(size, key, value) -> GrowingMap(shared, size + 1)
            else -> empty<V>().plus(from(0)).plus(key, value)
        }

    /** These entries and [more]. */
    fun plus(more: Iterable<Map.Entry<String, V>>): GrowingMap<V> = more.fold(this) { all, (key, value) -> all.plus(key, value) }

    override fun containsKey(key: String): Boolean = get(key) != null

    override fun get(key: String): V? = shared.position(key)?.takeIf { it < size }?.let { shared.at(it).value }

    override val entries: Set<Map.Entry<String, V>> get() = Entries()

    private inner class Entries : AbstractSet<Map.Entry<String, V>>() {
        override val size: Int get() = this@GrowingMap.size

        override fun iterator(): Iterator<Map.Entry<String, V>> = (0 until size).asSequence().map(shared::at).iterator()
    }

    companion object {
        /** No entries; each call returns another map, because maps share what is added to them. */
        fun <V : Any> empty(): GrowingMap<V> = GrowingMap(Shared(), 0)

        fun <V : Any> of(map: Map<String, V>): GrowingMap<V> = map as? GrowingMap<V> ?: empty<V>().plus(map.entries)
    }
}
