package dev.reprise.queue

import dev.reprise.internal.queue.ClassFiles
import dev.reprise.internal.queue.HandlerClassLoader
import dev.reprise.internal.queue.HandlerSource
import dev.reprise.internal.queue.TakenHandler
import dev.reprise.queue.model.CallHandler
import dev.reprise.queue.model.HandlerLoadException
import dev.reprise.queue.model.QueueClosedException
import java.nio.file.Path

/**
 * Handlers whose code is read from [folder] while the queue runs: the jars in it, and the folders in it as roots of class files. Drop a
 * repaired jar in, and the next attempt runs the new code; attempts that run end with the code they began with, and its class loader is
 * closed when the last of them has ended.
 *
 * ```
 * val handlers = ReloadingHandlers(Path("handlers"))
 * RetryQueue(store) { handle(charge, handlers.handler("shop.ChargeHandler")) }
 * ```
 *
 * What is found in [folder] goes before what the program has itself, but for Java, Kotlin and this library. Code is run from a copy, so
 * files may be written over at any time; a file that is only half there makes attempts fail, which are made again like any other.
 */
public class ReloadingHandlers(
    private val folder: Path,
) : AutoCloseable {
    private val lock = Any()
    private var seen: Set<String> = emptySet()
    private var present: HandlerClassLoader? = null
    private var isClosed = false

    /** The handler of class [className]; it need not be there yet. */
    @Suppress("UNCHECKED_CAST")
    public fun <Q, R> handler(className: String): ReloadingHandler<Q, R> = handler(className) { it as CallHandler<Q, R> }

    /** The same for a class that is no [CallHandler]: [adapt] makes one of its instance, once for each version of its code. */
    public fun <Q, R> handler(
        className: String,
        adapt: (Any) -> CallHandler<Q, R>,
    ): ReloadingHandler<Q, R> = ReloadingHandler(this, className, adapt)

    /** Closes the class loader as soon as no attempt uses it; attempts that begin later fail. */
    override fun close() {
        synchronized(lock) {
            isClosed = true
            present?.retire()
            present = null
        }
    }

    internal fun <Q, R> take(
        className: String,
        adapt: (Any) -> CallHandler<Q, R>,
    ): TakenHandler<Q, R> {
        val generation = synchronized(lock) { upToDate().also { it.enter() } }
        try {
            val handler = generation.handler(className, adapt)
            return TakenHandler(handler.version, { handler.handle(this, it) }, generation::leave)
        } catch (e: Throwable) {
            generation.leave()
            throw HandlerLoadException(className, folder.toString(), e)
        }
    }

    private fun upToDate(): HandlerClassLoader {
        if (isClosed) throw QueueClosedException("the handlers of $folder were closed")
        val found = ClassFiles.fingerprint(folder)
        present?.takeIf { seen == found }?.let { return it }
        val next = HandlerClassLoader(ClassFiles.copy(folder))
        present?.retire()
        present = next
        seen = found
        return next
    }
}

/** One handler of [ReloadingHandlers], to be registered with a queue. */
public class ReloadingHandler<Q, R> internal constructor(
    private val handlers: ReloadingHandlers,
    private val className: String,
    private val adapt: (Any) -> CallHandler<Q, R>,
) {
    internal val source: HandlerSource<Q, R> = HandlerSource { handlers.take(className, adapt) }

    override fun toString(): String = "ReloadingHandler($className)"
}
