package dev.reprise.internal.queue

import dev.reprise.internal.util.chain
import dev.reprise.policy.RetryHint
import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.FailureText
import java.time.Instant
import kotlin.time.Duration

/** Turns failures into what is stored of them. Their methods are user code, which can throw. [hook] decides about texts; null: all are kept. */
internal class FailureRecorder(
    private val hook: ((Throwable) -> FailureText)?,
) {
    fun record(
        failure: Throwable,
        attempt: Int,
        worker: String?,
        handlerVersion: Int? = null,
        elapsed: Duration? = null,
    ): AttemptError {
        val text = textOf(failure)
        val hint = failure as? RetryHint
        return AttemptError(
            attempt,
            Instant.EPOCH,
            failure.javaClass.name,
            text.message.storable(LONGEST_MESSAGE),
            worker,
            causesOf(failure),
            text.trace?.storable(LONGEST_TRACE)?.within(LONGEST_TRACE),
            elapsed,
            orNull { hint?.retryAfter },
            orNull { hint?.isRetryable },
            handlerVersion,
        )
    }

    private fun textOf(failure: Throwable): FailureText =
        try {
            hook?.invoke(failure) ?: FailureText(failure.message.orEmpty(), StackTraces.excerpt(failure))
        } catch (e: Throwable) {
            FailureText(
                if (hook ==
                    null
                ) {
                    "its message cannot be read: ${e.javaClass.name}"
                } else {
                    "its message was withheld: ${e.javaClass.name}"
                },
            )
        }

    private fun causesOf(failure: Throwable): List<String> =
        failure
            .chain()
            .drop(1)
            .take(MOST_CAUSES)
            .map { cause -> "${cause.javaClass.name}: ${textOf(cause).message}".replace('\n', ' ').storable(LONGEST_CAUSE) }
            .toList()

    private inline fun <T> orNull(read: () -> T?): T? =
        try {
            read()
        } catch (_: Throwable) {
            null
        }

    /** PostgreSQL rejects a zero character in a text, and half a surrogate pair is not a character. */
    private fun String.storable(longest: Int): String = take(longest).replace('\u0000', '\uFFFD').encodeToByteArray().decodeToString()

    /** As much of it as [bytes] hold. */
    private fun String.within(bytes: Int): String {
        val encoded = encodeToByteArray()
        return if (encoded.size <= bytes) this else encoded.copyOf(bytes).decodeToString().trimEnd('\uFFFD')
    }

    private companion object {
        const val LONGEST_MESSAGE = 4000
        const val LONGEST_TRACE = 8192
        const val LONGEST_CAUSE = 500
        const val MOST_CAUSES = 8
    }
}

/** Excerpts of stack traces: classes and frames, without messages. */
internal object StackTraces {
    private const val MOST_FRAMES = 40
    private const val MOST_CAUSE_FRAMES = 10
    private const val MOST_CAUSES = 8

    /** The first frames of [failure] and of its causes, without those that a cause shares with what it caused. */
    fun excerpt(failure: Throwable): String =
        buildString {
            var outer = emptyArray<StackTraceElement>()
            for ((i, link) in failure.chain().take(MOST_CAUSES + 1).withIndex()) {
                val frames = link.stackTrace
                appendLine(if (i == 0) link.javaClass.name else "Caused by: ${link.javaClass.name}")
                append(frames.dropLast(shared(frames, outer)), if (i == 0) MOST_FRAMES else MOST_CAUSE_FRAMES, frames.size)
                outer = frames
            }
        }.trimEnd()

    private fun StringBuilder.append(
        frames: List<StackTraceElement>,
        most: Int,
        all: Int,
    ) {
        frames.take(most).forEach { appendLine("\tat $it") }
        val left = all - minOf(frames.size, most)
        if (left > 0) appendLine("\t... $left more")
    }

    private fun shared(
        inner: Array<StackTraceElement>,
        outer: Array<StackTraceElement>,
    ): Int {
        var count = 0
        while (count < minOf(inner.size, outer.size) && inner[inner.size - 1 - count] == outer[outer.size - 1 - count]) count++
        return count
    }
}
