package dev.reprise.internal.engine

import dev.reprise.Retry
import dev.reprise.retry
import dev.reprise.run.retryReport
import dev.reprise.testing.Broken
import dev.reprise.testing.failure
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.test.runTest
import java.io.IOException

/** What layers do between two runs. */
private inline fun <T> layer(body: () -> T): T =
    try {
        body()
    } catch (e: IOException) {
        throw IllegalStateException("dao", e)
    }

/** What a plain run knows of the calls of runs inside, by what their failures carry. */
class NestedCallsSpec : FunSpec({
    val three = retry { maxAttempts(3) }

    test("the calls of a run inside are counted though a layer has wrapped its failure: suspending") {
        runTest {
            var calls = 0
            shouldThrow<IllegalStateException> {
                three {
                    layer {
                        three {
                            calls++
                            throw IOException("x")
                        }
                    }
                }
            }.retryReport!!.calls shouldBe 9
            calls shouldBe 9
        }
    }

    test("the calls of a run inside are counted though a layer has wrapped its failure: blocking") {
        shouldThrow<IllegalStateException> {
            three.callBlocking { layer { three.callBlocking { throw IOException("x") } } }
        }.retryReport!!.calls shouldBe 9
    }

    test("the calls of a run inside are counted though a layer has wrapped its failure: future") {
        val future = three.supplyAsync<Unit>({ it.run() }) { layer { three.callBlocking { throw IOException("x") } } }
        future.failure()!!.retryReport!!.calls shouldBe 9
    }

    test("with a layer between each two of three runs no call is counted twice") {
        shouldThrow<IllegalStateException> {
            three.callBlocking {
                layer { three.callBlocking { layer { three.callBlocking { throw IOException("x") } } } }
            }
        }.retryReport!!.calls shouldBe 27
    }

    test("a cause that an earlier run has thrown adds nothing") {
        val old = shouldThrow<Broken> { three.callBlocking { throw Broken("old") } }
        shouldThrow<IllegalStateException> {
            three.callBlocking { throw IllegalStateException("new", old) }
        }.retryReport!!.calls shouldBe 3
    }

    test("the retries of runs inside that succeed are counted where something watches the run") {
        fun calls(outer: Retry): Int =
            shouldThrow<Broken> {
                outer.callBlocking {
                    three.callBlocking { if (number < 3) throw IOException("x") }
                    throw Broken("outer")
                }
            }.retryReport!!.calls
        calls(
            retry {
                maxAttempts(2)
                listener {}
            },
        ) shouldBe 6
    }
})
