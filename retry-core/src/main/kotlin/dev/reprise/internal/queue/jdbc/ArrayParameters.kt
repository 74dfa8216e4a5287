package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.Column
import java.util.concurrent.ConcurrentHashMap

/**
 * The shape of rows of values for one statement: [types] has for each column its name and its type in PostgreSQL. In a
 * statement `:name` is the value of the column `name`.
 */
internal class RowShape(
    private val types: Map<String, String>,
) {
    val names: List<String> = types.keys.toList()
    private val filled = ConcurrentHashMap<String, String>()

    /** The rows as a table; its parameters are [ArrayParameters.arrays]. */
    val table: String = table { "v_$it" }

    /** The same, with the columns named as [named] says. */
    fun table(named: (String) -> String): String =
        "unnest(${types.values.joinToString { "?::$it[]" }}) AS v(${names.joinToString(transform = named)})"

    /** The statement for one row at a time: numbered question marks for values. */
    fun oneByOne(template: String): String =
        filled.getOrPut(template) { template.replace(VALUE) { "?${names.indexOf(it.groupValues[1]) + 1}" } }

    /** The [values] that the statement uses: it accepts no more than it has question marks. */
    fun needed(
        template: String,
        values: List<List<Any?>>,
    ): List<List<Any?>> {
        val count = VALUE.findAll(template).maxOf { names.indexOf(it.groupValues[1]) } + 1
        return if (count == names.size) values else values.map { it.subList(0, count) }
    }

    /** The statement for all rows at once, which come from [table]: names of its columns for values. */
    fun atOnce(template: String): String = filled.getOrPut(template) { template.replace(VALUE) { "v_${it.groupValues[1]}" } }

    fun of(values: List<List<Any?>>): ArrayParameters = ArrayParameters(this, values)

    fun arrays(values: List<List<Any?>>): Array<Column> =
        types.values
            .mapIndexed { i, type ->
                Column(
                    type,
                    values.map {
                        it[i]
                    },
                )
            }.toTypedArray()

    private companion object {
        /** A name after a single colon: two are a cast. */
        val VALUE = Regex("(?<!:):([a-z_]+)")
    }
}

/** Values of one shape, for many calls. */
internal class ArrayParameters(
    val shape: RowShape,
    val values: List<List<Any?>>,
) {
    val arrays: Array<Column> get() = shape.arrays(values)
}
