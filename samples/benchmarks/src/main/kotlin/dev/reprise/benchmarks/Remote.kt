package dev.reprise.benchmarks

import java.util.concurrent.CompletableFuture

/**
 * What the calls of all contenders call: it returns immediately, or, if [failsFirst], fails on every first call of two.
 *
 * The JVMs of the benchmarks never inline it (see [FAR_AWAY]): a call stays a call, and the code around it cannot be folded
 * into it. Result, failure and futures are created once, so that what is allocated is allocated by the contender.
 */
class Remote(
    var failsFirst: Boolean,
) {
    private var calls = 0

    private val fails: Boolean get() = failsFirst && calls++ and 1 == 0

    fun ask(): Any = if (fails) throw FAILURE else ANSWER

    suspend fun asking(): Any = if (fails) throw FAILURE else ANSWER

    fun asked(): CompletableFuture<Any> = if (fails) FAILED else ANSWERED

    companion object {
        /** The option of the JVM that keeps [Remote] from being inlined. */
        const val FAR_AWAY = "-XX:CompileCommand=dontinline,dev.reprise.benchmarks.Remote::ask*"

        private val ANSWER = Any()
        private val FAILURE = IllegalStateException("not yet")
        private val ANSWERED: CompletableFuture<Any> = CompletableFuture.completedFuture(ANSWER)
        private val FAILED: CompletableFuture<Any> = CompletableFuture.failedFuture(FAILURE)
    }
}
