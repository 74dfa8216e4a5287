package dev.reprise.interop.internal

import dev.reprise.interop.function.BlockingHandler
import dev.reprise.queue.ReloadingHandler
import dev.reprise.queue.ReloadingHandlers
import dev.reprise.queue.model.CallContext
import dev.reprise.queue.model.CallHandler
import dev.reprise.run.ForeignCode
import java.util.concurrent.CompletionStage
import java.util.concurrent.Executor
import java.util.function.BiFunction

/** Java's handlers as the suspend functions that a queue runs. */
internal class ExecutorHandlers(
    executor: Executor,
) {
    private val code = ForeignCode(executor)

    /** The thread is interrupted if the attempt is cancelled; the attempt then lasts until [handler] has returned. */
    fun <Q, R> blocking(handler: BlockingHandler<Q, R>): suspend CallContext.(Q) -> R =
        { request ->
            code.call { handler.handle(this, request) }
        }

    /** A class of Java's own interface, or of Kotlin's. */
    @Suppress("UNCHECKED_CAST")
    fun <Q, R> reloading(
        source: ReloadingHandlers,
        className: String,
    ): ReloadingHandler<Q, R> =
        source.handler(className) { if (it is BlockingHandler<*, *>) Blocking(it as BlockingHandler<Q, R>) else it as CallHandler<Q, R> }

    private inner class Blocking<Q, R>(
        private val handler: BlockingHandler<Q, R>,
    ) : CallHandler<Q, R> {
        override val version: Int get() = handler.version()

        override suspend fun handle(
            context: CallContext,
            request: Q,
        ): R = code.call { handler.handle(context, request) }
    }

    /** The stage is cancelled if the attempt is cancelled. */
    fun <Q, R> async(handler: BiFunction<in CallContext, in Q, out CompletionStage<R>?>): suspend CallContext.(Q) -> R =
        { request ->
            code.await("the handler '${call.handler}'") { handler.apply(this, request) }
        }
}
