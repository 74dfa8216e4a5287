package dev.reprise.http

import dev.reprise.internal.policy.Judge
import dev.reprise.policy.RepriseSpi

/** What can be repeated of a request. */
internal enum class Repeatability {
    /** The request does no harm if it is processed twice. */
    IDEMPOTENT,

    /** It can be sent again if it was not processed. */
    REPEATABLE,

    /** Its body exists once. */
    ONCE,
}

/** [rules] for requests of one [kind]. */
@OptIn(RepriseSpi::class)
internal class HttpJudge(
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
