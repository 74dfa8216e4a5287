package dev.reprise.internal.queue.jdbc

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import java.lang.reflect.InvocationTargetException
import java.lang.reflect.Method
import java.lang.reflect.Proxy
import java.sql.Connection
import java.sql.PreparedStatement
import java.sql.Statement
import java.util.concurrent.ConcurrentLinkedQueue
import javax.sql.DataSource

/** Returns connections of [source], a PostgreSQL server, that report the plan of every statement they run, with what it read. */
class ExplainedSource(
    private val source: DataSource,
) : DataSource by source {
    private val collected = ConcurrentLinkedQueue<Plan>()

    /** The plans since the last call. */
    fun takePlans(): List<Plan> = generateSequence { collected.poll() }.toList()

    override fun getConnection(): Connection {
        val real = source.connection
        SETTINGS.forEach { setting -> real.createStatement().use { it.execute(setting) } }
        return proxy<Connection> { method, arguments ->
            val result = call(real, method, arguments)
            when (method.name) {
                "prepareStatement" -> statement<PreparedStatement>(result)
                "createStatement" -> statement<Statement>(result)
                else -> result
            }
        }
    }

    private inline fun <reified T : Statement> statement(real: Any?): T =
        proxy<T> { method, arguments ->
            call(checkNotNull(real), method, arguments).also { if (method.name.startsWith("execute")) collect(real as Statement) }
        }

    private fun collect(statement: Statement) {
        generateSequence(statement.warnings) { it.nextWarning }
            .mapNotNull { it.message }
            .filter { "plan:" in it }
            .forEach { collected += Plan(Json.parseToJsonElement(it.substringAfter("plan:")).jsonObject) }
        statement.clearWarnings()
    }

    private fun call(
        real: Any,
        method: Method,
        arguments: Array<Any?>,
    ): Any? =
        try {
            method.invoke(real, *arguments)
        } catch (e: InvocationTargetException) {
            throw e.targetException
        }

    private inline fun <reified T> proxy(crossinline handle: (Method, Array<Any?>) -> Any?): T =
        Proxy.newProxyInstance(javaClass.classLoader, arrayOf(T::class.java)) { _, method, arguments ->
            handle(method, arguments ?: emptyArray())
        } as T

    private companion object {
        val SETTINGS =
            listOf(
                "LOAD 'auto_explain'",
                "SET auto_explain.log_min_duration = 0",
                "SET auto_explain.log_analyze = on",
                "SET auto_explain.log_buffers = on",
                "SET auto_explain.log_timing = off",
                "SET auto_explain.log_format = json",
                "SET auto_explain.log_level = notice",
                "SET client_min_messages = notice",
            )
    }
}

/** The plan of one statement, as PostgreSQL describes it. */
class Plan(
    private val json: JsonObject,
) {
    val statement: String get() = text(json, "Query Text")
    private val root get() = json.getValue("Plan").jsonObject

    /** The blocks that it read or wrote. */
    val blocks: Long get() = number(root, "Shared Hit Blocks") + number(root, "Shared Read Blocks")

    /** The rows and index entries that it looked at, whether it used them or not. */
    val examined: Long
        get() =
            nodes(root)
                .filter { text(it, "Relation Name").isNotEmpty() }
                .sumOf { node ->
                    val each = number(node, "Actual Rows") + number(node, "Rows Removed by Filter")
                    each * maxOf(number(node, "Actual Loops"), 1)
                }

    /** What is wrong with it for tables that are large: a scan of all rows, or of many more than it needs. */
    fun faults(large: Set<String>): List<String> =
        nodes(root)
            .filter { text(it, "Relation Name") in large }
            .flatMap { node ->
                val kind = text(node, "Node Type")
                val kept = number(node, "Actual Rows")
                val removed = number(node, "Rows Removed by Filter") + number(node, "Rows Removed by Index Recheck")
                val readsAll = kind == "Seq Scan" || (kind in INDEXED && "Index Cond" !in node)
                val reading = "$kind of ${text(node, "Relation Name")} removes $removed of ${kept + removed} rows"
                listOf(reading).filter { kept + removed > MANY && (readsAll || removed > kept) }
            }.map { "$it: $statement" }

    private fun nodes(node: JsonObject): List<JsonObject> =
        listOf(node) + node["Plans"]?.jsonArray.orEmpty().flatMap { nodes(it.jsonObject) }

    private fun text(
        node: JsonObject,
        key: String,
    ) = node[key]?.jsonPrimitive?.content.orEmpty()

    private fun number(
        node: JsonObject,
        key: String,
    ): Long = text(node, key).toDoubleOrNull()?.toLong() ?: 0

    private companion object {
        val INDEXED = setOf("Index Scan", "Index Only Scan")
        const val MANY = 1000L
    }
}
