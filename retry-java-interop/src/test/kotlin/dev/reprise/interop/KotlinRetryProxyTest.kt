package dev.reprise.interop

import dev.reprise.run.retryReport
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.emptyFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Test
import java.io.IOException
import kotlin.time.Duration.Companion.hours

/** Proxies of interfaces in Kotlin: nothing is declared, suspend methods and flows. */
@OptIn(ExperimentalCoroutinesApi::class)
class KotlinRetryProxyTest {
    private var calls = 0

    private fun fail(): Nothing = throw IOException("call ${++calls}")

    interface Repository {
        @RetryWith(maxAttempts = 3)
        fun load(id: String): String

        fun plain(): String

        @RetryWith(maxAttempts = 2)
        fun all(
            flag: Boolean,
            byte: Byte,
            char: Char,
            short: Short,
            int: Int,
            long: Long,
            float: Float,
            double: Double,
            array: LongArray,
            vararg names: String,
        ): String

        fun flag(): Boolean

        fun char(): Char

        fun int(): Int

        fun long(): Long

        fun float(): Float

        fun double(): Double

        fun array(): IntArray

        fun nothing()

        fun defaulted(number: Int = 7): String = "default $number"
    }

    private open inner class Failing : Repository {
        override fun load(id: String): String = fail()

        override fun plain(): String = fail()

        override fun all(
            flag: Boolean,
            byte: Byte,
            char: Char,
            short: Short,
            int: Int,
            long: Long,
            float: Float,
            double: Double,
            array: LongArray,
            vararg names: String,
        ) = if (++calls ==
            1
        ) {
            fail()
        } else {
            "$flag $byte $char $short $int $long $float $double ${array.toList()} ${names.toList()}"
        }

        override fun flag() = true

        override fun char() = 'c'

        override fun int() = 1

        override fun long() = Long.MAX_VALUE

        override fun float() = 1.5f

        override fun double() = 2.5

        override fun array() = intArrayOf(1, 2)

        override fun nothing() = Unit

        override fun equals(other: Any?) = other is Failing

        override fun hashCode() = 5

        override fun toString() = "failing"
    }

    @Test
    fun throwsTheExceptionItself() {
        val repository = RetryProxy.of(Repository::class.java, Failing())
        val failure = shouldThrow<IOException> { repository.load("1") }
        failure.message shouldBe "call 3"
        failure.retryReport!!.attempts shouldBe 3
        shouldThrow<IOException> { repository.plain() }.message shouldBe "call 4"
    }

    @Test
    fun passesArgumentsAndResultsOfEveryType() {
        val repository = RetryProxy.of(Repository::class.java, Failing())
        repository.all(true, 1, 'x', 2, 3, 4L, 5f, 6.0, longArrayOf(7, 8), "a", "b") shouldBe
            "true 1 x 2 3 4 5.0 6.0 [7, 8] [a, b]"
        listOf(repository.flag(), repository.char(), repository.int(), repository.long(), repository.float(), repository.double()) shouldBe
            listOf(true, 'c', 1, Long.MAX_VALUE, 1.5f, 2.5)
        repository.array().toList() shouldBe listOf(1, 2)
        repository.nothing() shouldBe Unit
        repository.defaulted() shouldBe "default 7"
    }

    @Test
    fun equalsByTarget() {
        val repository = RetryProxy.of(Repository::class.java, Failing())
        repository shouldBe RetryProxy.of(Repository::class.java, Failing())
        repository.hashCode() shouldBe 5
        repository.toString() shouldBe "failing"
        (repository == Failing()) shouldBe false
        repository shouldNotBe RetryProxy.of(Repository::class.java, object : Repository by Failing() {})
    }

    interface Feed {
        @RetryWith(maxAttempts = 3)
        fun elements(): Flow<Int>

        @RetryWith(maxAttempts = 2, recover = "none")
        fun recovered(from: Int): Flow<Int>

        @RetryWith(maxAttempts = 2, recover = "last")
        suspend fun price(sku: String): String

        @RetryWith(maxAttempts = 2, recover = "lastSuspending")
        suspend fun later(sku: String): String
    }

    private inner class Failures : Feed {
        override fun elements(): Flow<Int> {
            val call = ++calls
            return flow {
                emit(call)
                if (call < 3) throw IOException("collection $call")
            }
        }

        override fun recovered(from: Int): Flow<Int> = flow { fail() }

        @Suppress("unused")
        fun none(
            failure: IOException,
            from: Int,
        ): Flow<Int> = flowOf(from, failure.retryReport!!.attempts)

        override suspend fun price(sku: String): String = fail()

        override suspend fun later(sku: String): String {
            delay(1.hours)
            fail()
        }

        @Suppress("unused")
        private fun last(
            failure: IOException,
            sku: String,
        ) = "$sku after ${failure.message}"

        @Suppress("unused")
        suspend fun lastSuspending(sku: String): String {
            delay(1.hours)
            return "$sku at last"
        }
    }

    @Test
    fun retriesFlowsByCallingTheMethodAgain() =
        runTest {
            val feed = RetryProxy.of(Feed::class.java, Failures())
            val elements = feed.elements()
            calls shouldBe 0
            elements.toList() shouldBe listOf(1, 2, 3)
            elements.first() shouldBe 4
        }

    @Test
    fun recoversInFlowsAndSuspendMethods() =
        runTest {
            val feed = RetryProxy.of(Feed::class.java, Failures())
            feed.recovered(5).toList() shouldBe listOf(5, 2)
            feed.price("a") shouldBe "a after call 4"
            feed.later("b") shouldBe "b at last"
        }

    @Test
    fun recoversNoCancellation() =
        runTest {
            var result = "none"
            val run = launch { result = RetryProxy.of(Feed::class.java, Failures()).later("b") }
            runCurrent()
            run.cancelAndJoin()
            result shouldBe "none"
        }

    interface SuspendingFlow {
        @RetryWith(maxAttempts = 3)
        suspend fun get(): Flow<String>
    }

    interface SuspendingDeferred {
        @RetryWith(maxAttempts = 3)
        suspend fun get(): Deferred<String>
    }

    interface SuspendingRecovery {
        @RetryWith(maxAttempts = 3, recover = "last")
        fun get(): String
    }

    @Test
    fun rejectsLazyResultsOfSuspendMethods() =
        runTest {
            val flows =
                object : SuspendingFlow {
                    override suspend fun get(): Flow<String> = emptyFlow()
                }
            val deferred =
                object : SuspendingDeferred {
                    override suspend fun get(): Deferred<String> = CompletableDeferred("")
                }
            shouldThrow<IllegalArgumentException> { RetryProxy.of(SuspendingFlow::class.java, flows) }.message shouldContain
                "it returns kotlinx.coroutines.flow.Flow, whose failure a retry of the call cannot see; return the value itself"
            shouldThrow<IllegalArgumentException> { RetryProxy.of(SuspendingDeferred::class.java, deferred) }.message shouldContain
                "it returns kotlinx.coroutines.Deferred, whose failure"
        }

    @Test
    fun rejectsARecoverMethodThatSuspendsWhereTheRetriedOneDoesNot() {
        val target =
            object : SuspendingRecovery {
                override fun get() = ""

                @Suppress("unused")
                suspend fun last(): String = "last".also { delay(1.hours) }
            }
        shouldThrow<IllegalArgumentException> { RetryProxy.of(SuspendingRecovery::class.java, target) }.message shouldContain
            "the recover method last suspends, but the retried method does not"
    }
}
