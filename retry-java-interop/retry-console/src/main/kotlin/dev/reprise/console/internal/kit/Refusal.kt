package dev.reprise.console.internal.kit

import dev.reprise.console.model.ConsoleAction

/** A request that is not carried out: [status] for the browser, the message for people. Nothing was changed. */
internal class Refusal(
    val status: Int,
    override val message: String,
    val allowedMethods: String? = null,
) : RuntimeException(message, null, false, false) {
    companion object {
        fun notFound(what: String) = Refusal(404, what)

        fun noCall(cid: String) = Refusal(404, "There is no call $cid, or its retention is over.")

        fun badRequest(what: String) = Refusal(400, what)

        fun notAllowed(action: ConsoleAction) =
            Refusal(403, "You are not allowed to do this (${action.name.lowercase().replace('_', ' ')}). Ask for access to it.")
    }
}
