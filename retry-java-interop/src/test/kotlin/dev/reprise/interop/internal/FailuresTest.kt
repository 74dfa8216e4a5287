package dev.reprise.interop.internal

import io.kotest.matchers.shouldBe
import org.junit.jupiter.api.Test
import java.io.IOException
import java.util.concurrent.RejectedExecutionException

class FailuresTest {
    @Test
    fun findsACauseAndEndsInACircle() {
        val rejected = RejectedExecutionException()
        IllegalStateException(IOException(rejected)).firstCause<RejectedExecutionException>() shouldBe rejected
        val outer = IllegalStateException("outer")
        outer.initCause(IOException(outer))
        outer.firstCause<RejectedExecutionException>() shouldBe null
    }
}
