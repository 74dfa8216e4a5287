package dev.reprise.console

import dev.reprise.console.internal.http.Handler
import dev.reprise.console.internal.kit.ConsoleSettings
import dev.reprise.console.model.Access
import dev.reprise.console.model.ConsoleRequest
import dev.reprise.console.model.ConsoleResponse
import dev.reprise.policy.RepriseSpi
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.spi.CallStore
import dev.reprise.run.ForeignCode
import dev.reprise.run.RetryTimer
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.async
import kotlinx.coroutines.future.asCompletableFuture
import java.util.concurrent.CompletableFuture
import java.util.function.Consumer

/**
 * A web console for durable calls and workflows: shows what waits, why, and what is dead, and acts on it. It is one function from requests to
 * responses; [ConsoleServer] serves it on a port of its own, and any web framework can call [handle].
 *
 * ```
 * val console = Console(queue) {
 *     title = "orders"
 *     stage = Stage.PRODUCTION
 *     access { request -> if (request.user == "ada") Access.Operate() else Access.Read }
 * }
 * ```
 *
 * Without `access` it responds to every request with 403, except on a [ConsoleServer] on loopback. Safe for any number of threads and coroutines.
 */
public class Console internal constructor(
    internal val settings: ConsoleSettings,
) {
    private val handler = Handler(settings)

    /** A console of [queue], which need not be started. */
    public constructor(
        queue: RetryQueue,
        block: ConsoleBuilder.() -> Unit = {},
    ) : this(ConsoleBuilder().apply(block).build(queue))

    /** A console of the calls in [store]: for a process that looks at calls and runs none. */
    public constructor(
        store: CallStore,
        block: ConsoleBuilder.() -> Unit = {},
    ) : this(RetryQueue.on(store), block)

    /** True if `access { }` decides who sees it. */
    public val hasAccess: Boolean get() = settings.access != null

    /** Responds to [request]. It does not throw: whatever fails is a response. */
    public suspend fun handle(request: ConsoleRequest): ConsoleResponse = handle(request, null)

    /** Responds to a visitor to whom the server has [granted] access. */
    internal suspend fun handle(
        request: ConsoleRequest,
        granted: Access?,
    ): ConsoleResponse = handler.handle(request, granted)

    /** [handle] for Java. Cancelling the future cancels the queries of the request. */
    public fun handleAsync(request: ConsoleRequest): CompletableFuture<ConsoleResponse> =
        // Not on Dispatchers.Default: the console also serves an application that blocks all its threads.
        CoroutineScope(RetryTimer.workers.asCoroutineDispatcher() + SupervisorJob()).async { handle(request) }.asCompletableFuture()

    /**
     * [handle] for Java, on this thread. An interruption cancels the queries of the request, and is thrown when they have ended.
     *
     * @throws InterruptedException if this thread is interrupted.
     */
    @OptIn(RepriseSpi::class)
    @Throws(InterruptedException::class)
    public fun handleBlocking(request: ConsoleRequest): ConsoleResponse = ForeignCode.runToEnd { handle(request) }

    public companion object {
        /** A console of [queue], the Java form: `Console.of(queue, c -> c.setTitle("orders"))`. */
        @JvmStatic
        public fun of(
            queue: RetryQueue,
            settings: Consumer<ConsoleBuilder>,
        ): Console = Console(queue) { settings.accept(this) }

        /** A console of the calls in [store], the Java form. */
        @JvmStatic
        public fun of(
            store: CallStore,
            settings: Consumer<ConsoleBuilder>,
        ): Console = Console(store) { settings.accept(this) }
    }
}
