package dev.reprise.queue.model

/** What is written down about an attempt that failed, or about a claim whose worker died. */
public data class AttemptError(
    /** The attempts made when this was written, this one included. */
    public val attempt: Int,
    /** When it was written, in epoch milliseconds on the clock of the store; zero until a store has accepted it. */
    public val at: Long,
    /** The class of the failure. */
    public val type: String,
    /** Its message, cut to 4000 characters. */
    public val message: String,
    /** The nonce of the worker. */
    public val worker: String?,
) {
    internal companion object {
        private const val LONGEST = 4000

        fun of(
            failure: Throwable,
            attempt: Int,
            worker: String?,
        ): AttemptError = AttemptError(attempt, 0, failure.javaClass.name, messageOf(failure).storable(), worker)

        private fun messageOf(failure: Throwable) =
            try {
                failure.message.orEmpty()
            } catch (e: Throwable) {
                "its message cannot be read: ${e.javaClass.name}"
            }

        /** PostgreSQL takes no zero character in a text, and half a surrogate pair is no character at all. */
        private fun String.storable(): String = take(LONGEST).replace('\u0000', '\uFFFD').encodeToByteArray().decodeToString()
    }
}
