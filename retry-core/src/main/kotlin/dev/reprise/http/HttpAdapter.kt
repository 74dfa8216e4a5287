package dev.reprise.http

import dev.reprise.Retry
import dev.reprise.internal.policy.Judge
import dev.reprise.internal.util.providers
import dev.reprise.internal.util.runLogged
import dev.reprise.policy.RepriseSpi
import dev.reprise.policy.RetryHint
import dev.reprise.run.Attempt
import java.util.EnumMap
import java.util.ServiceLoader
import java.util.function.IntConsumer
import kotlin.time.Duration

/**
 * Applies [rules] to the attempts of [retry], for an adapter of an HTTP client: [HttpRetry] is one. Immutable, thread-safe.
 *
 * An adapter runs each request with the retry that [retryOf] returns. The results of its attempts are [JudgedResponse]s; one that is followed
 * by another attempt is closed if it is `AutoCloseable`. With [returnsLast] (default) a run whose attempts end with a status returns that
 * response, otherwise it throws a [RetryExhaustedException][dev.reprise.policy.RetryExhaustedException].
 */
@RepriseSpi
public class HttpAdapter
    @JvmOverloads
    constructor(
        public val retry: Retry,
        public val rules: HttpRules = HttpRules.DEFAULT,
        returnsLast: Boolean = true,
    ) {
        private val retries =
            Repeatability.entries.associateWithTo(EnumMap(Repeatability::class.java)) { retry.judgedBy(HttpJudge(rules, it), returnsLast) }

        /** Returns the retry for a request with this [method] and headers of these names; [isSentOnce] if its body can be sent only once. */
        public fun retryOf(
            method: String,
            headers: Collection<String>,
            isSentOnce: Boolean,
        ): Retry =
            retries.getValue(
                when {
                    isSentOnce -> Repeatability.ONCE
                    rules.isIdempotent(method, headers) -> Repeatability.IDEMPOTENT
                    else -> Repeatability.REPEATABLE
                },
            )

        /**
         * Has to be called where a request is about to be sent in [attempt]. If it is sent again, [hook] and every [ResendListener] are notified;
         * what they throw is logged.
         */
        @JvmOverloads
        public fun sending(
            attempt: Attempt,
            hook: IntConsumer? = null,
        ) {
            val count = attempt.number - 1
            if (count == 0) return
            if (hook != null) runLogged({ "the hook of a resent request" }) { hook.accept(count) }
            listeners.forEach { runLogged({ "the listener ${it.javaClass.name}" }) { it.onResend(count) } }
        }

        /** Reads a response with this [status]; [header] returns the first header of a name, or null if there is none. */
        public fun answer(
            status: Int,
            header: (String) -> String?,
        ): HttpAnswer {
            val asked = RetryAfter.parse(header("Retry-After"), header("Date"))
            val reset = if (asked == null && rules.readsRateLimitReset && status == TOO_MANY) reset(header) else null
            return HttpAnswer(status, asked != null, asked ?: reset)
        }

        private fun reset(header: (String) -> String?) = resets.firstNotNullOfOrNull { RetryAfter.parseReset(header(it), header("Date")) }

        private companion object {
            const val TOO_MANY = 429
            val listeners: List<ResendListener> by lazy {
                val type = ResendListener::class.java
                providers(ServiceLoader.load(type, type.classLoader), "listener to resent requests")
            }
            val resets = listOf("RateLimit-Reset", "X-RateLimit-Reset")
        }
    }

/** What [HttpRules] have to know of a response. */
@RepriseSpi
public class HttpAnswer internal constructor(
    /** The status. */
    public val status: Int,
    /** True if there is a readable header `Retry-After`. */
    public val hasRetryAfter: Boolean,
    /** The delay that the response asks for; null if it asks for none. */
    @get:JvmSynthetic
    public val retryAfter: Duration?,
) {
    override fun toString(): String = "HttpAnswer($status, retryAfter=$retryAfter)"
}

/** The result of an attempt that [HttpRules] judge. */
@RepriseSpi
public interface JudgedResponse : RetryHint {
    /** What [HttpAdapter.answer] has read of it. */
    public val answer: HttpAnswer

    @get:JvmSynthetic
    override val retryAfter: Duration? get() = answer.retryAfter
}

/** What can be repeated of a request. */
private enum class Repeatability {
    /** The request does no harm if it is processed twice. */
    IDEMPOTENT,

    /** It can be sent again if it was not processed. */
    REPEATABLE,

    /** Its body exists once. */
    ONCE,
}

/** [rules] for requests of one [kind]. */
@OptIn(RepriseSpi::class)
private class HttpJudge(
    private val rules: HttpRules,
    private val kind: Repeatability,
) : Judge {
    private val isIdempotent = kind == Repeatability.IDEMPOTENT

    override fun objection(failure: Throwable): String? =
        if (kind == Repeatability.ONCE) "the body of the request can be sent only once" else rules.objection(failure, isIdempotent)

    override fun rejects(result: Any?): Boolean =
        kind != Repeatability.ONCE && result is JudgedResponse &&
            rules.retriesStatus(result.answer.status, isIdempotent, result.answer.hasRetryAfter)
}
