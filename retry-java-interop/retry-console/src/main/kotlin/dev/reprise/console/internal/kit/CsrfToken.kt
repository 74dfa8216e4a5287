package dev.reprise.console.internal.kit

import dev.reprise.console.model.ConsoleRequest
import java.security.MessageDigest
import java.security.SecureRandom
import java.util.HexFormat

/**
 * The token of a visitor, in a cookie and in every form: another site can make a browser send the cookie, and cannot read it. A host with a
 * protection of its own has its token in the forms instead, and has checked it.
 */
internal class CsrfToken private constructor(
    val field: String,
    val value: String,
    /** The cookie to set; null if the browser has it, or the host has its own. */
    val newCookie: String?,
    private val isChecked: Boolean,
) {
    /** True if the form in [request] holds the token of its cookie. */
    fun isIn(request: ConsoleRequest): Boolean {
        if (isChecked) return true
        val sent = request.form[field]?.singleOrNull() ?: return false
        return newCookie == null && MessageDigest.isEqual(sent.encodeToByteArray(), value.encodeToByteArray())
    }

    companion object {
        const val COOKIE = "reprise-csrf"
        private const val FIELD = "csrf"
        private val FORM = Regex("[0-9a-f]{32}")
        private val random = SecureRandom()

        fun of(request: ConsoleRequest): CsrfToken {
            request.csrf?.let { return CsrfToken(it.field, it.token, null, isChecked = true) }
            val known = request.cookies[COOKIE]?.takeIf(FORM::matches)
            if (known != null) return CsrfToken(FIELD, known, null, isChecked = false)
            val value = randomHex()
            return CsrfToken(FIELD, value, "$COOKIE=$value; Path=/; HttpOnly; SameSite=Strict", isChecked = false)
        }

        fun randomHex(): String = HexFormat.of().formatHex(ByteArray(16).also(random::nextBytes))
    }
}
