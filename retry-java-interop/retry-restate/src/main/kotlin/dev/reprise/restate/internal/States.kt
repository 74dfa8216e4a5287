package dev.reprise.restate.internal

import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallState
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow

/** What the server selects of the states of calls, orders and keys. No worker has a part in it. */
internal class States(
    private val server: Server,
    private val services: Services,
) {
    /** The number of calls by handler and state. */
    suspend fun counts(): List<CallCount> {
        val rows = server.query("select value_utf8, count(*) as calls ${from(services.calls, "at")} group by value_utf8")
        return rows.map { row ->
            val at = row.path("value_utf8").asText()
            CallCount.of(at.substringBeforeLast(' '), CallState.valueOf(at.substringAfterLast(' ')), row.path("calls").asLong())
        }
    }

    /** The ids of the dead calls, the oldest first. */
    fun dead(): Flow<String> =
        flow {
            var last = ""
            do {
                val dead = "${from(services.calls, "at")} and value_utf8 like '% ${CallState.DEAD}' and service_key > ${quoted(last)}"
                val page = server.query("select service_key $dead order by service_key limit $PAGE").map { it.path("service_key").asText() }
                for (cid in page) emit(cid)
                last = page.lastOrNull() ?: return@flow
            } while (page.size == PAGE)
        }

    /** The id of the call that has or had [uniqueKey]. */
    suspend fun holder(uniqueKey: String): String? = value(services.keys, uniqueKey, Services.HOLDER)

    /** The line of an order; null if it is empty. */
    suspend fun order(orderKey: String): OrderRecord? =
        value(services.orders, orderKey, Services.ORDER)?.let { Json.mapper.readValue(it, OrderRecord::class.java) }

    /** Those of the order [keys] that have a line. */
    suspend fun live(keys: Set<String>): Set<String> =
        keys.chunked(PAGE).flatMapTo(HashSet()) { some ->
            val list = some.joinToString { quoted(it) }
            server.query("select service_key ${from(services.orders, Services.ORDER)} and service_key in ($list)").map {
                it.path("service_key").asText()
            }
        }

    private suspend fun value(
        service: String,
        key: String,
        name: String,
    ): String? =
        server
            .query("select value_utf8 ${from(service, name)} and service_key = ${quoted(key)}")
            .firstOrNull()
            ?.path("value_utf8")
            ?.asText()

    private fun from(
        service: String,
        name: String,
    ) = "from state where service_name = ${quoted(service)} and key = ${quoted(name)}"

    private fun quoted(text: String) = "'${text.replace("'", "''")}'"

    private companion object {
        const val PAGE = 500
    }
}
