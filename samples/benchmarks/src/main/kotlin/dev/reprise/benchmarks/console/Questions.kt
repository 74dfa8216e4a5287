package dev.reprise.benchmarks.console

import dev.reprise.console.Console
import dev.reprise.console.model.Access
import dev.reprise.console.model.ConsoleRequest
import dev.reprise.queue.QueueOperator
import dev.reprise.queue.model.CallState
import dev.reprise.queue.operate.Actor
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.CallQuery.Order
import dev.reprise.queue.operate.Cursor
import dev.reprise.queue.operate.GroupBy
import dev.reprise.queue.operate.OperatorAction
import java.time.Instant
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.toJavaDuration

/** What operators ask of the calls in [seeded]: the pages of the console, and the lists and actions. By name. */
class Questions(
    private val seeded: SeededCalls,
) {
    private val operator = QueueOperator.on(seeded.store, Actor("ada"))
    private val console =
        Console(seeded.store) {
            title = "orders"
            access { Access.Operate() }
        }
    private val all = CallQuery.ALL
    private val dead = all.states(CallState.DEAD)
    private val ready = all.states(CallState.READY)

    val byName: Map<String, suspend () -> Unit> = pages() + lists() + actions()

    private fun pages(): Map<String, suspend () -> Unit> =
        listOf(
            "/",
            "/calls",
            "/calls?order=oldest&limit=500",
            "/calls?state=ready&handler=charge",
            "/calls?state=running",
            "/calls?state=held&order-key=order-7",
            "/calls?retrying=true",
            "/calls?tag=tenant:3",
            "/calls?unique-key=key-3000",
            "/calls?lane=imports",
            "/calls?state=dead&error=java.io.IOException",
            "/calls?ended-since=2026-01-01&order=newest",
            "/calls?orig-cid=none",
            "/calls/${seeded.waitingCid}",
            "/calls/${seeded.deadCid}",
            "/calls/${seeded.endedCid}",
            "/dead",
            "/storm",
            "/policies",
            "/what-if?handler=charge&notation=every(1m)+maxAttempts(20)",
            "/workers",
            "/lanes",
            "/audit",
            "/act?action=replay&rate=10&state=dead&tag=lost",
            "/act?action=cancel&tag=import",
        ).associate { path -> path.masked() to { show(path) } }

    /** Ids differ from size to size. */
    private fun String.masked() =
        replace(seeded.waitingCid, "{waiting}").replace(seeded.deadCid, "{dead}").replace(seeded.endedCid, "{succeeded}")

    private suspend fun show(path: String) {
        val request = ConsoleRequest.builder("GET", path.substringBefore('?')).query(path.substringAfter('?', "")).build()
        val response = console.handle(request)
        check(response.status == OK) { "$path: ${response.status} ${response.text()}" }
    }

    private fun lists(): Map<String, suspend () -> Unit> =
        mapOf(
            "list: oldest" to { list(all) },
            "list: newest" to { list(all.order(Order.NEWEST)) },
            "list: 10 pages" to { pages(all, PAGES) },
            "list: due next of all handlers" to { list(ready.handlers(*HANDLERS).order(Order.DUE)) },
            "list: dead, newest" to { list(dead.order(Order.NEWEST)) },
            "list: dead of a handler, error and version" to { list(dead.handlers("ship").errorTypes(CONNECT).handlerVersions(2)) },
            "list: ended, newest" to { list(all.endedSince(Instant.EPOCH).order(Order.NEWEST)) },
            "list: live with an error" to { list(all.states(CallState.READY, CallState.HELD).errorTypes(CONNECT)) },
            "list: two tags, which no call has" to { list(all.tags("tenant:3", "tenant:4")) },
            "list: nothing fits" to { list(all.minAttempts(MANY)) },
            "groups: dead" to { groups(dead, GroupBy.HANDLER, GroupBy.ERROR_TYPE, GroupBy.HANDLER_VERSION) },
            "groups: dead by reason" to { groups(dead, GroupBy.DEAD_REASON) },
            "groups: waiting for a retry" to { groups(all.waitingForRetry(), GroupBy.HANDLER) },
            "groups: all" to { groups(all, GroupBy.HANDLER) },
            "due times of an hour" to { operator.due(bucket = 1.minutes, buckets = 60) },
            "pulses of an hour" to { Instant.now().let { operator.pulse(it - 1.hours.toJavaDuration(), it) } },
            "workers" to { operator.workers() },
            "audit" to { operator.audit() },
            "counts" to { seeded.store.counts() },
        )

    private suspend fun list(query: CallQuery) {
        operator.calls(query)
    }

    private suspend fun pages(
        query: CallQuery,
        count: Int,
    ) {
        var after: Cursor? = null
        repeat(count) { after = operator.calls(query, after).next }
    }

    private suspend fun groups(
        query: CallQuery,
        vararg by: GroupBy,
    ) {
        check(operator.groups(query, by.toSet()).isNotEmpty()) { "no groups of $query" }
    }

    /** They change the same calls, of which the batch has as many in every size. */
    private fun actions(): Map<String, suspend () -> Unit> =
        mapOf(
            "dry run: cancel 164 calls" to { act(OperatorAction.Cancel(), isDryRun = true) },
            "reschedule 164 calls" to { act(OperatorAction.Reschedule(Instant.now() + 1.hours.toJavaDuration()), isDryRun = false) },
            "spread 164 calls" to { act(OperatorAction.Spread(1.hours.toJavaDuration()), isDryRun = false) },
        )

    private suspend fun act(
        action: OperatorAction,
        isDryRun: Boolean,
    ) {
        val result = operator.act(action, all.tags("import"), isDryRun)
        check(result.changed == BATCH) { "$action: $result" }
    }

    private companion object {
        val HANDLERS = arrayOf("charge", "mail", "refund", "ship", "sync")
        const val CONNECT = "java.net.ConnectException"
        const val OK = 200
        const val PAGES = 10
        const val MANY = 1_000
        const val BATCH = 164
    }
}
