package dev.reprise.samples.tour

import dev.reprise.policy.RetryHint
import kotlinx.coroutines.awaitCancellation
import java.io.IOException
import java.net.ConnectException
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/** A remote service that fails [failures] times and then works. */
class FarEnd(
    private var failures: Int,
    private val failure: () -> Throwable = { ConnectException("refused") },
) {
    var calls = 0
        private set

    fun call(): String {
        calls++
        if (failures-- > 0) throw failure()
        return "answer $calls"
    }

    /** Never returns the first time. */
    suspend fun callSilent(): String = if (failures > calls++) awaitCancellation() else "answer $calls"
}

/** Collects what would go to a log. */
class Log {
    val lines = ArrayList<String>()

    fun info(
        text: String,
        failure: Throwable? = null,
    ) {
        lines += if (failure == null) text else "$text: $failure"
    }
}

// docs:begin hint
class Throttled(
    override val retryAfter: Duration?,
) : IOException("429"),
    RetryHint
// docs:end

fun throttled(): Throttled = Throttled(30.seconds)
