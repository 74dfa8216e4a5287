package dev.reprise.internal.queue.jdbc.operate

/** Conditions that a row must all meet, with their values. */
internal class Conditions {
    private val all = ArrayList<String>()
    val values = ArrayList<Any?>()
    val isEmpty: Boolean get() = all.isEmpty()

    fun add(
        condition: String,
        vararg values: Any?,
    ): Conditions {
        all += condition
        this.values.addAll(values)
        return this
    }

    /** The [column] has one of [values]; no condition if there are none. */
    fun oneOf(
        column: String,
        values: Collection<Any>,
    ): Conditions = if (values.isEmpty()) this else add("$column IN (${values.joinToString { "?" }})", *values.toTypedArray())

    /** The condition, if there is a [value]. */
    fun ifSet(
        condition: String,
        value: Any?,
    ): Conditions = if (value == null) this else add(condition, value)

    /** True if a condition contains [name], or a name that contains it. */
    fun mentions(name: String): Boolean = all.any { name in it }

    operator fun plus(other: Conditions): Conditions =
        Conditions().also {
            it.all.addAll(all + other.all)
            it.values.addAll(values + other.values)
        }

    override fun toString(): String = if (isEmpty) "1 = 1" else all.joinToString(" AND ")
}
