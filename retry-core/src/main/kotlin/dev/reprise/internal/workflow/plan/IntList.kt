package dev.reprise.internal.workflow.plan

/** A growing array of numbers. */
internal class IntList {
    private var items = IntArray(4)
    var size = 0
        private set

    operator fun get(index: Int): Int = items[index]

    fun add(item: Int) {
        if (size == items.size) items = items.copyOf(size * 2)
        items[size++] = item
    }

    fun removeLast(): Int = items[--size]

    fun clear() {
        size = 0
    }

    fun toArray(): IntArray = items.copyOf(size)

    inline fun forEach(action: (Int) -> Unit) {
        for (i in 0 until size) action(this[i])
    }

    inline fun <T> map(transform: (Int) -> T): List<T> = List(size) { transform(this[it]) }
}
