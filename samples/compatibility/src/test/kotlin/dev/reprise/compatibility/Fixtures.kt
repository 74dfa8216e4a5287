package dev.reprise.compatibility

import dev.reprise.RetryBuilder
import dev.reprise.run.RetryEvent
import java.net.ConnectException
import java.util.concurrent.CopyOnWriteArrayList

/** What happened, line by line. */
internal typealias Log = CopyOnWriteArrayList<String>

/** A remote service that refuses the first [failures] calls. */
internal class Server(
    private val log: Log,
    private val failures: Int = 99,
) {
    private var calls = 0

    fun call(): String {
        log += "call ${++calls}"
        if (calls <= failures) throw ConnectException("refused")
        return "answer $calls"
    }
}

/** Writes the events of each run to [log]. */
internal fun RetryBuilder.events(log: Log): RetryBuilder = listener { log += it.line() }

private fun RetryEvent.line(): String =
    when (this) {
        is RetryEvent.AttemptFailed -> "attempt $number failed: ${failure?.message ?: result}, then ${nextDelay ?: "nothing"}"
        is RetryEvent.Succeeded -> "attempt $number succeeded"
        is RetryEvent.GaveUp -> "gave up: ${report.stopReason}"
        is RetryEvent.Cancelled -> "cancelled"
    }
