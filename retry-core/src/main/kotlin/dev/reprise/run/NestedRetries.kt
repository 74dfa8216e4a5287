package dev.reprise.run

/**
 * What retries inside the body of a run are allowed to do: in the same coroutine, on the same thread, and in futures started there. A run
 * on a thread of the application's own is not inside.
 */
public enum class NestedRetries {
    /** They retry by their own rules; [RetryReport.calls] counts their retries. */
    ALLOW,

    /** They make one attempt and leave the retrying to the outer run, so that 3 × 3 × 3 calls stay 3. */
    SUPPRESS,
}
