package dev.reprise.internal.queue

import dev.reprise.queue.model.CallHandler
import java.net.URL
import java.net.URLClassLoader
import java.nio.file.Path
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicInteger
import kotlin.io.path.ExperimentalPathApi
import kotlin.io.path.deleteRecursively

/** The code that was in the folder at one moment, copied to [root], which is deleted after its last use. */
internal class HandlerClassLoader(
    private val root: Path,
    parent: ClassLoader,
) {
    val loader: ClassLoader get() = files
    private val files = OwnFirstLoader(ClassFiles.roots(root).map { it.toUri().toURL() }.toTypedArray(), parent)
    private val handlers = ConcurrentHashMap<String, CallHandler<*, *>>()

    /** The attempts that use it, plus one while it is current. */
    private val users = AtomicInteger(1)

    fun enter() {
        users.incrementAndGet()
    }

    fun leave() {
        if (users.decrementAndGet() == 0) end()
    }

    /** Another one has replaced it. */
    fun retire() {
        leave()
    }

    @OptIn(ExperimentalPathApi::class)
    private fun end() {
        files.close()
        root.deleteRecursively()
    }

    @Suppress("UNCHECKED_CAST")
    fun <Q, R> handler(
        className: String,
        adapt: (Any) -> CallHandler<Q, R>,
    ): CallHandler<Q, R> =
        handlers.computeIfAbsent(className) {
            adapt(loader.loadClass(className).getDeclaredConstructor().newInstance())
        } as CallHandler<Q, R>
}

/** Searches its own files first, so that repaired code replaces the code that the program was started with. */
private class OwnFirstLoader(
    files: Array<URL>,
    parent: ClassLoader,
) : URLClassLoader(files, parent) {
    override fun loadClass(
        name: String,
        resolve: Boolean,
    ): Class<*> {
        if (SHARED.any { name.startsWith(it) }) return super.loadClass(name, resolve)
        return synchronized(getClassLoadingLock(name)) {
            findLoadedClass(name) ?: try {
                findClass(name)
            } catch (e: ClassNotFoundException) {
                super.loadClass(name, resolve)
            }
        }
    }

    private companion object {
        /** Packages that both sides have to share. */
        val SHARED = listOf("java.", "javax.", "jdk.", "kotlin.", "kotlinx.coroutines.", "dev.reprise.")
    }
}
