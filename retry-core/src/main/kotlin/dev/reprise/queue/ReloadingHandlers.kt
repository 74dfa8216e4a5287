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
 * Handlers whose code is loaded from [folder] while the queue runs: from the jars in it, and from its subfolders with class files. Copy a
 * repaired jar into it, and the next attempt runs the new code; running attempts end with the code they started with, and its class loader
 * is closed when the last of them has ended.
 *
 * ```
 * val handlers = ReloadingHandlers(Path("handlers"))
 * RetryQueue.on(store) { handle(charge, handlers.handler("shop.ChargeHandler")) }
 * ```
 *
 * Classes in [folder] replace those of the program, except for Java, Kotlin and this library. The code runs from a copy, so files can be
 * overwritten at any time; an incomplete file makes attempts fail, which are retried like any other.
 *
 * @param parent loads the classes that are not in [folder]. Default: the context class loader of the thread that creates this object.
 */
public class ReloadingHandlers
    @JvmOverloads
    constructor(
        private val folder: Path,
        private val parent: ClassLoader = applicationLoader(),
    ) : AutoCloseable {
        private val lock = Any()
        private var seen: Set<String> = emptySet()
        private var present: HandlerClassLoader? = null
        private var isClosed = false

        /** The handler of class [className], which does not have to exist before the first attempt. */
        @Suppress("UNCHECKED_CAST")
        public fun <Q, R> handler(className: String): ReloadingHandler<Q, R> = handler(className) { it as CallHandler<Q, R> }

        /** The handler of a class that is not a [CallHandler]: [adapt] creates one from its instance, once for each version of its code. */
        public fun <Q, R> handler(
            className: String,
            adapt: (Any) -> CallHandler<Q, R>,
        ): ReloadingHandler<Q, R> = ReloadingHandler(this, className, adapt)

        /** Closes the class loader as soon as no attempt uses it; attempts that start later fail. */
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

        /** The loader of the code that was used last; the parent before the first use. */
        internal fun currentLoader(): ClassLoader = synchronized(lock) { present?.loader ?: parent }

        private fun upToDate(): HandlerClassLoader {
            if (isClosed) throw QueueClosedException("the handlers of $folder were closed")
            val found = ClassFiles.fingerprint(folder)
            present?.takeIf { seen == found }?.let { return it }
            val next = HandlerClassLoader(ClassFiles.copy(folder), parent)
            present?.retire()
            present = next
            seen = found
            return next
        }

        private companion object {
            fun applicationLoader(): ClassLoader = Thread.currentThread().contextClassLoader ?: ReloadingHandlers::class.java.classLoader
        }
    }

/** One handler of [ReloadingHandlers], to be registered with a queue. */
public class ReloadingHandler<Q, R> internal constructor(
    private val handlers: ReloadingHandlers,
    private val className: String,
    private val adapt: (Any) -> CallHandler<Q, R>,
) {
    internal val source: HandlerSource<Q, R> =
        object : HandlerSource<Q, R> {
            override val loader: ClassLoader? get() = handlers.currentLoader()

            override fun take() = handlers.take(className, adapt)
        }

    override fun toString(): String = "ReloadingHandler($className)"
}
