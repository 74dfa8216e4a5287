package dev.reprise.http

import dev.reprise.policy.FailureDescription
import dev.reprise.policy.RestoredFailure
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.EOFException
import java.io.File
import java.io.FileNotFoundException
import java.io.IOException
import java.io.UncheckedIOException
import java.net.ConnectException
import java.net.ProtocolException
import java.net.SocketException
import java.net.UnknownHostException
import java.net.http.HttpConnectTimeoutException
import java.net.http.HttpTimeoutException
import java.security.cert.CertificateException
import javax.net.ssl.SSLException
import javax.net.ssl.SSLHandshakeException

class HttpRulesTest : FunSpec({
    val rules = HttpRules.DEFAULT

    test("a status is retried by the table") {
        fun row(status: Int) =
            listOf(true, false).flatMap { idempotent -> listOf(true, false).map { rules.retriesStatus(status, idempotent, it) } }
        listOf(408, 502, 504).forEach { row(it) shouldBe listOf(true, true, false, false) }
        row(429) shouldBe listOf(true, true, true, true)
        row(503) shouldBe listOf(true, true, true, false)
        (
            listOf(
                200,
                204,
                301,
                500,
                501,
                505,
            ) + (400..499) - setOf(408, 429)
        ).forEach { row(it) shouldBe listOf(false, false, false, false) }
    }

    test("a request that was not processed is retried, whatever its method") {
        listOf(
            ConnectException("refused"),
            UnknownHostException("nowhere"),
            HttpConnectTimeoutException("late"),
            IOException("Received RST_STREAM: Stream not processed"),
            IOException("wrapped", ConnectException("refused")),
        ).forEach {
            rules.retriesFailure(it, isIdempotent = true) shouldBe true
            rules.retriesFailure(it, isIdempotent = false) shouldBe true
        }
    }

    test("a request that can have been processed is retried if it is idempotent") {
        listOf(
            HttpTimeoutException("late"),
            SocketException("Connection reset"),
            IOException("HTTP/1.1 header parser received no bytes", EOFException()),
            IOException("closed"),
            UncheckedIOException(IOException("closed")),
            SSLException("Connection reset", SocketException("Connection reset")),
        ).forEach {
            rules.retriesFailure(it, isIdempotent = true) shouldBe true
            rules.retriesFailure(it, isIdempotent = false) shouldBe false
        }
    }

    test("what another attempt does not fix is never retried") {
        listOf(
            SSLHandshakeException("no trust").initCause(CertificateException("self-signed")),
            SSLHandshakeException("no cipher"),
            ProtocolException("Invalid status line"),
            IOException("protocol error: Frame size error"),
            FileNotFoundException("the body"),
            IllegalArgumentException("invalid URI scheme"),
        ).forEach { rules.retriesFailure(it, isIdempotent = true) shouldBe false }
    }

    test("a method or a header makes a request idempotent") {
        listOf("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE").forEach { rules.isIdempotent(it) shouldBe true }
        listOf("POST", "PATCH").forEach { rules.isIdempotent(it) shouldBe false }
        rules.isIdempotent("POST", listOf("idempotency-key")) shouldBe true
        rules.idempotent("REPORT").isIdempotent("REPORT") shouldBe true
        rules.idempotencyKeys("X-Request-Id").isIdempotent("POST", listOf("x-request-id")) shouldBe true
    }

    test("a status is added for idempotent requests, and removed") {
        rules.retrying(500).retriesStatus(500, isIdempotent = true, hasRetryAfter = false) shouldBe true
        rules.retrying(500).retriesStatus(500, isIdempotent = false, hasRetryAfter = true) shouldBe false
        rules.retrying(429).retriesStatus(429, isIdempotent = false, hasRetryAfter = false) shouldBe true
        rules.notRetrying(408).retriesStatus(408, isIdempotent = true, hasRetryAfter = false) shouldBe false
        shouldThrow<IllegalArgumentException> { rules.retrying(200) }.message shouldBe
            "a status that is retried must be from 400 to 599, but was 200; use onResult of the policy for others"
    }

    test("the guide shows the table that the rules print") {
        "$rules" shouldContain "| 503 | retry | only with `Retry-After` |"
        "${rules.retrying(500)}" shouldContain "| 408, 500, 502, 504 | retry | no |"
        File("guide/http.md").readText() shouldContain "\n$rules\n"
    }

    test("a restored failure is judged by the names of its classes") {
        val types = listOf("java.net.ConnectException", "java.net.SocketException", "java.io.IOException", "java.lang.Exception")
        rules.retriesFailure(RestoredFailure(FailureDescription.of(types)), isIdempotent = false) shouldBe true
    }

    test("Retry-After and the rules work without the module java.net.http") {
        val loader = WithoutHttpClient(HttpRules::class.java.classLoader)
        val parsed =
            loader
                .loadClass(RetryAfter::class.java.name)
                .getMethod("parse", String::class.java, String::class.java)
                .invoke(null, "3", null)
        parsed shouldBe java.time.Duration.ofSeconds(3)
        val type = loader.loadClass(HttpRules::class.java.name)
        "${type.getField("DEFAULT").get(null)}" shouldBe "$rules"
        type.classLoader shouldBe loader
    }
})

/** Loads Reprise again, in a runtime that has no `java.net.http`. */
private class WithoutHttpClient(
    home: ClassLoader,
) : ClassLoader(home) {
    override fun loadClass(
        name: String,
        resolve: Boolean,
    ): Class<*> {
        if (name.startsWith("java.net.http.")) throw ClassNotFoundException(name)
        if (!name.startsWith("dev.reprise.")) return super.loadClass(name, resolve)
        findLoadedClass(name)?.let { return it }
        val bytes = checkNotNull(parent.getResourceAsStream("${name.replace('.', '/')}.class")).use { it.readBytes() }
        return defineClass(name, bytes, 0, bytes.size)
    }
}
