package dev.reprise.restate.internal

import dev.restate.common.Slice
import dev.restate.common.function.ThrowingBiFunction
import dev.restate.sdk.Context
import dev.restate.sdk.HandlerRunner
import dev.restate.sdk.endpoint.definition.HandlerContext
import dev.restate.serde.Serde
import dev.restate.serde.SerdeFactory
import java.util.concurrent.CompletableFuture
import java.util.concurrent.atomic.AtomicReference
import dev.restate.sdk.endpoint.definition.HandlerRunner as Runner

/**
 * Runs the [body] of a handler on a thread that is interrupted when the stream of its invocation is closed: the server has suspended it, or the
 * connection is broken. The runner of the SDK would leave the thread waiting.
 */
internal class InvocationRunner<C : Context, Q : Any, R : Any>(
    private val options: HandlerRunner.Options,
    private val body: (C, Q) -> R,
) : Runner<Q, R> {
    override fun run(
        handlerContext: HandlerContext,
        requestSerde: Serde<Q>,
        responseSerde: Serde<R>,
        onClosedInvocationStreamHook: AtomicReference<Runnable>,
    ): CompletableFuture<Slice> {
        val own = OwnThread()
        onClosedInvocationStreamHook.set(Runnable { own.interrupt() })
        val interruptible = ThrowingBiFunction<C, Q, R> { context, sent -> own.run { body(context, sent) } }
        val runner = HandlerRunner.of(interruptible, SerdeFactory.NOOP, options)
        return runner.run(handlerContext, requestSerde, responseSerde, onClosedInvocationStreamHook)
    }

    /** The thread of one invocation, while it has one. */
    private class OwnThread {
        private var thread: Thread? = null
        private var isClosed = false

        fun <T> run(body: () -> T): T {
            set(Thread.currentThread())
            try {
                return body()
            } finally {
                set(null)
                // It was meant for this invocation, and the thread goes to another one.
                Thread.interrupted()
            }
        }

        @Synchronized
        private fun set(current: Thread?) {
            thread = current
            if (isClosed) current?.interrupt()
        }

        @Synchronized
        fun interrupt() {
            isClosed = true
            thread?.interrupt()
        }
    }
}
