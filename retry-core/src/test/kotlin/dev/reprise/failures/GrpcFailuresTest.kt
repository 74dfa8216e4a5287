package dev.reprise.failures

import dev.reprise.policy.FailureDescription
import dev.reprise.policy.RestoredFailure
import io.grpc.StatusRuntimeException
import io.kotest.core.spec.style.FunSpec
import io.kotest.inspectors.forAll
import io.kotest.matchers.shouldBe

class GrpcFailuresTest : FunSpec({
    test("two statuses are transient, with and without a description, live and restored, also as a cause") {
        listOf("UNAVAILABLE", "UNAVAILABLE: io exception", "ABORTED: conflict: try again").map(::StatusRuntimeException).forAll {
            GrpcFailures.isTransient(it) shouldBe true
            GrpcFailures.isTransient(IllegalStateException(it)) shouldBe true
            GrpcFailures.isTransient(RestoredFailure(FailureDescription.of(it))) shouldBe true
        }
    }

    test("the others are not, and neither is another exception with such a message") {
        listOf("CANCELLED", "DEADLINE_EXCEEDED: late", "RESOURCE_EXHAUSTED", "INTERNAL: UNAVAILABLE", "UNAVAILABLES")
            .forAll { GrpcFailures.isTransient(StatusRuntimeException(it)) shouldBe false }
        GrpcFailures.isTransient(IllegalStateException("UNAVAILABLE")) shouldBe false
    }
})
