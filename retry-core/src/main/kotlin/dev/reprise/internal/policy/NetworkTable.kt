package dev.reprise.internal.policy

import dev.reprise.internal.util.chain
import dev.reprise.policy.typeNames

/** What a failure says about a request. */
internal enum class NetworkFailure {
    /** The remote service has not processed it. */
    NOT_PROCESSED,

    /** It was lost, or the response was: it can have been processed. */
    LOST,

    /** It fails again, whatever the state of the network. */
    FINAL,
}

/** What the exceptions of connections mean, by the names of their classes; the guide prints this table. */
internal object NetworkTable {
    /** The most specific class counts, then the cause. */
    val types: Map<String, NetworkFailure> =
        mapOf(
            "java.net.ConnectException" to NetworkFailure.NOT_PROCESSED,
            "java.net.NoRouteToHostException" to NetworkFailure.NOT_PROCESSED,
            "java.net.UnknownHostException" to NetworkFailure.NOT_PROCESSED,
            "java.nio.channels.UnresolvedAddressException" to NetworkFailure.NOT_PROCESSED,
            "java.net.http.HttpConnectTimeoutException" to NetworkFailure.NOT_PROCESSED,
            "java.net.http.HttpTimeoutException" to NetworkFailure.LOST,
            "java.net.SocketTimeoutException" to NetworkFailure.LOST,
            "java.net.SocketException" to NetworkFailure.LOST,
            "java.io.EOFException" to NetworkFailure.LOST,
            "java.nio.channels.ClosedChannelException" to NetworkFailure.LOST,
            "java.nio.channels.InterruptedByTimeoutException" to NetworkFailure.LOST,
            // Of Ktor's client: its other timeouts extend those of java.net.
            "io.ktor.client.plugins.HttpRequestTimeoutException" to NetworkFailure.LOST,
            "java.net.BindException" to NetworkFailure.FINAL,
            "java.net.ProtocolException" to NetworkFailure.FINAL,
            "java.security.cert.CertificateException" to NetworkFailure.FINAL,
        )

    /** Texts of plain `IOException`s: of channels, and of the JDK's client for a stream of HTTP/2. */
    val texts: Map<String, NetworkFailure> =
        mapOf(
            "RST_STREAM: Stream not processed" to NetworkFailure.NOT_PROCESSED,
            "Connection reset" to NetworkFailure.LOST,
            "Broken pipe" to NetworkFailure.LOST,
            // Windows.
            "connection was forcibly closed" to NetworkFailure.LOST,
            "connection was aborted" to NetworkFailure.LOST,
        )

    private const val PLAIN = "java.io.IOException"
    private const val TIMED_OUT = "dev.reprise.policy.AttemptTimeoutException"
    private val protocolErrors = listOf("protocol error", "Protocol error")

    /** What [failure] or the first of its causes that is known means; null if none is known. A failure of TLS is what caused it. */
    fun find(failure: Throwable): NetworkFailure? = failure.chain().firstNotNullOfOrNull(::known)

    /** What [failure] of a client of HTTP means; null if it is not one of a connection. */
    fun findHttp(failure: Throwable): NetworkFailure? =
        find(failure)
            ?: NetworkFailure.LOST.takeIf { failure.chain().any { TIMED_OUT in it.typeNames() } || isLost(failure.chain().find(::isPlain)) }

    /** The client of the JDK reports most lost connections by a [plain] `IOException`. */
    private fun isLost(plain: Throwable?): Boolean = plain != null && protocolErrors.none { it in plain.message.orEmpty() }

    private fun known(failure: Throwable): NetworkFailure? =
        failure.typeNames().firstNotNullOfOrNull(types::get)
            ?: failure.message?.takeIf { isPlain(failure) }?.let { text -> texts.entries.find { it.key in text }?.value }

    private fun isPlain(failure: Throwable): Boolean = failure.typeNames().first() == PLAIN
}
