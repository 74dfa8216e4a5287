package dev.reprise.run

/** What retries inside the body of a run may do. */
public enum class NestedRetries {
    /** They retry as they like; the report counts their retries among its calls, as far as [RetryReport.calls] says. */
    Count,

    /** They make one attempt and leave the retrying to the outer run, so that 3 × 3 × 3 calls stay 3. */
    Suppress,
}
