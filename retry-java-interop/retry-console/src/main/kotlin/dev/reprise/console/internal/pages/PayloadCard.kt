package dev.reprise.console.internal.pages

import dev.reprise.console.internal.html.Html
import dev.reprise.console.internal.html.count
import dev.reprise.console.internal.kit.Refusal
import dev.reprise.console.internal.kit.Visit
import dev.reprise.console.internal.kit.button
import dev.reprise.console.internal.kit.card
import dev.reprise.console.internal.kit.field
import dev.reprise.console.internal.kit.postForm
import dev.reprise.console.model.ConsoleAction
import dev.reprise.console.model.Payloads
import dev.reprise.queue.model.Call
import dev.reprise.queue.model.Payload
import java.nio.ByteBuffer
import java.nio.charset.CharacterCodingException

/** The request and the response of a call, as far as they may be seen. */
internal class PayloadCard(
    private val visit: Visit,
    private val call: Call,
    revealed: Boolean,
) {
    private val isShown = visit.settings.payloads == Payloads.SHOWN || revealed

    fun Html.show() =
        card("Payload") {
            payload("Request", call.request)
            call.response?.let { payload("Response", it) }
            if (!isShown) request()
        }

    private fun Html.payload(
        name: String,
        payload: Payload,
    ) {
        "p"(
            "class" to "quiet",
        ) { +"$name: ${count(payload.bytes.size.toLong(), "byte")}, codec ${payload.codec}, version ${payload.version}" }
        if (isShown) "pre"("tabindex" to "0", "aria-label" to name) { +visit.settings.redact(call.handler, decoded(payload.bytes)) }
    }

    private fun Html.request() {
        if (visit.settings.payloads == Payloads.HIDDEN) {
            "p"("class" to "quiet small") { +"This console does not show payloads." }
        } else if (visit.allows(ConsoleAction.REVEAL)) {
            postForm(visit, pathOf(call.cid) + "/payload") {
                field("Reason to see it, for the audit", "note", null, isRequired = true)
                "div"("class" to "actions") { button("Show the payload") }
            }
        }
    }

    companion object {
        private const val SHOWN_BYTES = 20_000

        /** The call [cid] with its payloads, if they may be seen; the view is in the audit. */
        suspend fun reveal(
            visit: Visit,
            cid: String,
            reason: String?,
        ): Call {
            visit.require(ConsoleAction.REVEAL)
            if (visit.settings.payloads == Payloads.HIDDEN) throw Refusal(403, "This console does not show payloads.")
            if (reason == null) throw Refusal.badRequest("A reason is needed to see a payload: it is kept in the audit.")
            visit.settings.queue.find(cid) ?: throw Refusal.noCall(cid)
            return visit.operator.reveal(cid, reason) ?: throw Refusal.noCall(cid)
        }

        private fun decoded(bytes: ByteArray): String =
            try {
                val shown =
                    Charsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(bytes))
                        .toString()
                if (shown.length <=
                    SHOWN_BYTES
                ) {
                    shown
                } else {
                    shown.take(SHOWN_BYTES) + "\n… and ${shown.length - SHOWN_BYTES} more characters"
                }
            } catch (_: CharacterCodingException) {
                "These bytes are no text."
            }
    }
}
