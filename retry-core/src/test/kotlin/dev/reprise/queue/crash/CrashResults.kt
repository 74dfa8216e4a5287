package dev.reprise.queue.crash

import dev.reprise.internal.queue.jdbc.CallLocation
import dev.reprise.internal.queue.jdbc.CallTable
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.queue.spi.StoredCall
import java.nio.file.Path

/** What is left in the database of a run whose processes have ended. */
internal class CrashResults(
    private val store: JdbcCallStore,
    private val logs: Path,
) {
    /** Compares all calls with what the processes logged. */
    suspend fun check(): CrashReport {
        val calls = allCalls()
        val report = HistoryChecker(CrashLog.read(logs), calls, MAX_ATTEMPTS).check()
        return report.copy(faults = report.faults + countFaults(calls))
    }

    suspend fun haveAllEnded(): Boolean = isDone { check(store.counts().all { it.state.isEnd }) }

    /** False if the database does not respond, or if [what] fails a check. */
    suspend fun isDone(what: suspend () -> Unit): Boolean =
        try {
            what().let { true }
        } catch (e: StoreUnavailableException) {
            false
        } catch (e: IllegalStateException) {
            false
        }

    /** The counts are sums of what each transaction added: one that was half done would show. */
    private suspend fun countFaults(calls: List<StoredCall>): List<String> {
        val found = calls.groupingBy { it.handler to it.state }.eachCount()
        val told = store.counts().associate { (it.handler to it.state) to it.calls.toInt() }
        return listOfNotNull("the counts are $told, but there are $found".takeIf { told != found })
    }

    private suspend fun allCalls(): List<StoredCall> =
        store.on {
            database.single { query(sql(CallLocation.select(CallTable.LIST, "true")), read = CallTable::read) }
        }
}
