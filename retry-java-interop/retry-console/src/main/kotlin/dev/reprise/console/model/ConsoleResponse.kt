package dev.reprise.console.model

import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.runBlocking
import java.io.OutputStream

/** The response of a console: [status], [headers], and either [body] or a stream of events. */
public class ConsoleResponse internal constructor(
    /** The status code. */
    public val status: Int,
    /** The headers in their order; a name can occur twice. */
    public val headers: List<Pair<String, String>>,
    /** The body; empty for a stream, and for the response to HEAD. */
    public val body: ByteArray = ByteArray(0),
    /** The events of a live page, which go on until the collector is cancelled; null for a response with a [body]. */
    @get:JvmSynthetic
    public val stream: Flow<ByteArray>? = null,
) {
    /** True if the response is a stream without an end of its own. */
    public val isStream: Boolean get() = stream != null

    /** The first value of the header [name], in any case; null if there is none. */
    public fun header(name: String): String? = headers.firstOrNull { it.first.equals(name, ignoreCase = true) }?.second

    /** The body as text. */
    public fun text(): String = body.decodeToString()

    /** Writes the body, or the stream until writing fails. Blocks. */
    public fun writeTo(output: OutputStream) {
        if (stream == null) return output.write(body)
        runBlocking {
            stream.collect {
                output.write(it)
                output.flush()
            }
        }
    }

    override fun toString(): String = "$status, ${if (isStream) "a stream" else "${body.size} bytes"}"

    internal fun with(vararg more: Pair<String, String>): ConsoleResponse = ConsoleResponse(status, headers + more, body, stream)
}
