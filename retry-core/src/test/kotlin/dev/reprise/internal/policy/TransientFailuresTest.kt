package dev.reprise.internal.policy

import dev.reprise.RetryPolicy
import dev.reprise.ScheduleBuilder
import dev.reprise.policy.FailureDescription
import dev.reprise.policy.Lint
import dev.reprise.policy.RestoredFailure
import dev.reprise.policy.RetryPolicyParseException
import dev.reprise.policy.TransientFailures
import dev.reprise.retryPolicy
import io.grpc.StatusRuntimeException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldStartWith
import java.io.IOException
import java.net.ConnectException
import java.sql.SQLException
import java.time.Duration
import kotlin.coroutines.cancellation.CancellationException
import kotlin.time.Duration.Companion.seconds

private fun RetryPolicy.retries(failure: Throwable): Boolean = simulate(1, failure = failure).attempts > 1

private val deadlock = SQLException("deadlock", "40P01")

class TransientFailuresTest : FunSpec({
    test("a table is a rule of the builder, in Kotlin and in Java") {
        val kotlin = retryPolicy { maxAttempts(2).on(TransientFailures.SQL) }
        val java =
            RetryPolicy
                .builder()
                .maxAttempts(2)
                .on(TransientFailures.SQL)
                .build()

        kotlin shouldBe java
        kotlin.retries(deadlock) shouldBe true
        kotlin.retries(IllegalStateException(deadlock)) shouldBe true
        kotlin.retries(SQLException("duplicate key", "23505")) shouldBe false
        kotlin.retries(ConnectException("refused")) shouldBe false
    }

    test("each table judges its failures") {
        val failures =
            mapOf(
                TransientFailures.HTTP to IOException("HTTP/1.1 header parser received no bytes"),
                TransientFailures.SQL to deadlock,
                TransientFailures.NETWORK to ConnectException("refused"),
                TransientFailures.GRPC to StatusRuntimeException("UNAVAILABLE"),
            )
        failures.keys.toList() shouldContainExactly TransientFailures.entries
        for ((table, failure) in failures) retryPolicy { maxAttempts(2).on(table) }.retries(failure) shouldBe true
        retryPolicy { maxAttempts(2).on(TransientFailures.NETWORK) }.retries(failures.getValue(TransientFailures.HTTP)) shouldBe false
    }

    test("a table has a schedule of its own, in Kotlin and in Java") {
        val kotlin = retryPolicy { maxAttempts(2).every(1.seconds).on(TransientFailures.SQL) { every(9.seconds) } }
        val own = ScheduleBuilder().every(Duration.ofSeconds(9))
        val java =
            RetryPolicy
                .builder()
                .maxAttempts(2)
                .every(Duration.ofSeconds(1))
                .on(TransientFailures.SQL, own)
                .build()

        kotlin shouldBe java
        kotlin.simulate(1, failure = deadlock).delays shouldContainExactly listOf(9.seconds)
        "$kotlin" shouldBe "every(1s) maxAttempts(2) on(sql, schedule=every(9s))"
        shouldThrow<IllegalArgumentException> { RetryPolicy.builder().on(TransientFailures.SQL, ScheduleBuilder()) }.message shouldStartWith
            "the schedule of on(SQL) is empty"
    }

    test("the notation names a table by a word without a dot, and reads back what a policy prints") {
        val policy = retryPolicy { maxAttempts(2).on(TransientFailures.HTTP).on(TransientFailures.GRPC).on<ConnectException>() }
        "$policy" shouldBe "maxAttempts(2) on(http) on(grpc) on(java.net.ConnectException)"
        RetryPolicy.parse("$policy") shouldBe policy
        RetryPolicy.parse("maxAttempts(2) on(network, schedule=every(1s))").retries(ConnectException("refused")) shouldBe true
    }

    test("mistakes in the notation are reported") {
        fun mistake(text: String) = shouldThrow<RetryPolicyParseException> { RetryPolicy.parse(text) }.message
        mistake("maxAttempts(2) on(sql, inCauses)") shouldContain "on(sql) judges causes too; remove inCauses"
        mistake("maxAttempts(2) on(SQL)") shouldContain "no class 'SQL' is found; a class is written with its package"
        mistake("maxAttempts(2) unless(sql)") shouldContain "no class 'sql' is found"
    }

    test("a policy with a table has no code, so that a queue can store it") {
        retryPolicy { maxAttempts(2).on(TransientFailures.SQL) }.notation() shouldBe "maxAttempts(2) on(sql)"
    }

    test("a table never selects an error, a cancellation or an interrupt") {
        val policy = retryPolicy { maxAttempts(2).on(TransientFailures.NETWORK) }
        policy.retries(LinkageError().apply { initCause(ConnectException()) }) shouldBe false
        policy.retries(CancellationException("cancelled", ConnectException())) shouldBe false
        policy.retries(InterruptedException().apply { initCause(ConnectException()) }) shouldBe false
    }

    test("a restored failure that does not contain enough to know is retried in doubt") {
        val policy = retryPolicy { maxAttempts(2).on(TransientFailures.SQL) }
        policy.retries(RestoredFailure(FailureDescription.of(SQLException("?", "23505")))) shouldBe true
        policy.retries(RestoredFailure(FailureDescription.of(IllegalStateException("?")))) shouldBe false
    }

    test("a policy explains a table, and reports one that never applies") {
        val explanation = retryPolicy { maxAttempts(2).on(TransientFailures.SQL).on(TransientFailures.SQL) }.explain()
        "$explanation" shouldContain "Retries transient failures (sql), transient failures (sql)."
        explanation.lints.filter { it.kind == Lint.Kind.RULE_SHADOWED }.map { it.message } shouldContainExactly
            listOf("on(sql) never applies: on(sql) before it matches the same failures")
        val other = retryPolicy { maxAttempts(2).on(TransientFailures.SQL).on<IllegalStateException>() }
        other.explain().lints.filter { it.kind == Lint.Kind.RULE_SHADOWED } shouldBe emptyList()
    }
})
