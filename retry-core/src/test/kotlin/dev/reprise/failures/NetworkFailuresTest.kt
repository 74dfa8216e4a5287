package dev.reprise.failures

import dev.reprise.policy.FailureDescription
import dev.reprise.policy.RestoredFailure
import io.kotest.core.spec.style.FunSpec
import io.kotest.inspectors.forAll
import io.kotest.matchers.shouldBe
import java.io.EOFException
import java.io.FileNotFoundException
import java.io.IOException
import java.io.UncheckedIOException
import java.net.BindException
import java.net.ConnectException
import java.net.MalformedURLException
import java.net.NoRouteToHostException
import java.net.PortUnreachableException
import java.net.ProtocolException
import java.net.SocketException
import java.net.SocketTimeoutException
import java.net.UnknownHostException
import java.net.http.HttpConnectTimeoutException
import java.net.http.HttpTimeoutException
import java.nio.channels.AsynchronousCloseException
import java.nio.channels.ClosedChannelException
import java.nio.channels.InterruptedByTimeoutException
import java.nio.channels.UnresolvedAddressException
import java.security.cert.CertificateException
import javax.net.ssl.SSLException
import javax.net.ssl.SSLHandshakeException

class NetworkFailuresTest : FunSpec({
    val transient =
        listOf(
            ConnectException("refused"),
            NoRouteToHostException(),
            PortUnreachableException(),
            UnknownHostException("nowhere"),
            UnresolvedAddressException(),
            SocketException("Connection reset"),
            SocketTimeoutException("Read timed out"),
            HttpTimeoutException("late"),
            HttpConnectTimeoutException("late"),
            EOFException(),
            ClosedChannelException(),
            AsynchronousCloseException(),
            InterruptedByTimeoutException(),
            IOException("Broken pipe"),
            IOException("Connection reset by peer"),
            IOException("An existing connection was forcibly closed by the remote host"),
            SSLException("closed", SocketException("Connection reset")),
            SSLHandshakeException("Remote host terminated the handshake").initCause(EOFException("SSL peer shut down incorrectly")),
        )

    test("a connection that is refused, lost or times out is transient, also as a cause") {
        transient.forAll {
            NetworkFailures.isTransient(it) shouldBe true
            NetworkFailures.isTransient(IllegalStateException("wrapped", it)) shouldBe true
            NetworkFailures.isTransient(RestoredFailure(FailureDescription.of(it))) shouldBe true
        }
        NetworkFailures.isTransient(UncheckedIOException(EOFException())) shouldBe true
    }

    test("what another attempt does not fix is not transient") {
        listOf(
            BindException("Address already in use"),
            ProtocolException("Invalid status line"),
            MalformedURLException("no protocol"),
            FileNotFoundException("no file"),
            IOException("No space left on device"),
            SSLHandshakeException("no cipher"),
            SSLHandshakeException("no trust").initCause(CertificateException("self-signed")),
            SSLException("Unrecognized SSL message"),
            IllegalStateException("no network"),
        ).forAll { NetworkFailures.isTransient(it) shouldBe false }
    }
})
