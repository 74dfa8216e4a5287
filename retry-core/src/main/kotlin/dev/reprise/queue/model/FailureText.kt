package dev.reprise.queue.model

/**
 * What is stored about a failure beside its class, and so is seen by everybody who sees the call: in lists, in the outcome of callbacks, in
 * logs. `failureText` of the queue decides, where messages hold what must not be stored.
 */
public class FailureText
    @JvmOverloads
    constructor(
        /** The message; at most 4000 characters of it are kept. */
        public val message: String,
        /** An excerpt of the stack trace; null for none. At most 8192 characters of it are kept. */
        public val trace: String? = null,
    ) {
        override fun toString(): String = "FailureText(${message.length} characters)"

        public companion object {
            /** Nothing but the class of [failure], which is stored anyway. */
            @JvmStatic
            @Suppress("UNUSED_PARAMETER")
            public fun typeOnly(failure: Throwable): FailureText = FailureText("")
        }
    }
