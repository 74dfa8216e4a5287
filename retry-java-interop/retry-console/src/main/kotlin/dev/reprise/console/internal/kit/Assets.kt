package dev.reprise.console.internal.kit

import dev.reprise.console.model.ConsoleResponse
import java.security.MessageDigest
import java.util.HexFormat

/** The stylesheet and the script. Their names hold a hash of their content, so that browsers can keep them. */
internal object Assets {
    private class Asset(
        val name: String,
        val type: String,
        val bytes: ByteArray,
    )

    private val stylesheet = load("console.css", "text/css; charset=utf-8")
    private val script = load("console.js", "text/javascript; charset=utf-8")
    private val byName = listOf(stylesheet, script).associateBy { it.name }

    val stylesheetPath: String get() = "assets/${stylesheet.name}"
    val scriptPath: String get() = "assets/${script.name}"

    /** The response to a request for the asset [name]; null if there is none, also if it has changed since. */
    fun response(name: String): ConsoleResponse? {
        val asset = byName[name] ?: return null
        val headers =
            listOf(
                "Content-Type" to asset.type,
                "Cache-Control" to "public, max-age=31536000, immutable",
                "X-Content-Type-Options" to "nosniff",
            )
        return ConsoleResponse(200, headers, asset.bytes)
    }

    private fun load(
        file: String,
        type: String,
    ): Asset {
        val resource = checkNotNull(Assets::class.java.getResourceAsStream("/dev/reprise/console/$file")) { "$file is missing in the jar" }
        val bytes = resource.use { it.readAllBytes() }
        val hash = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)).take(12)
        return Asset("${file.substringBefore('.')}-$hash.${file.substringAfter('.')}", type, bytes)
    }
}
