package dev.reprise.internal.queue

import dev.reprise.queue.ReloadingHandlers
import dev.reprise.queue.model.CallHandler
import java.net.URL
import java.net.URLClassLoader
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.attribute.BasicFileAttributes
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicInteger
import kotlin.io.path.ExperimentalPathApi
import kotlin.io.path.copyToRecursively
import kotlin.io.path.deleteRecursively
import kotlin.io.path.extension
import kotlin.io.path.isDirectory
import kotlin.io.path.listDirectoryEntries
import kotlin.io.path.name

/** The code that was in the folder at one moment, copied to [root], which is deleted when nobody needs it any more. */
internal class HandlerClassLoader(
    private val root: Path,
) {
    private val loader = OwnFirstLoader(ClassFiles.roots(root).map { it.toUri().toURL() }.toTypedArray())
    private val handlers = ConcurrentHashMap<String, CallHandler<*, *>>()

    /** The attempts that use it, and one for being the present one. */
    private val users = AtomicInteger(1)

    fun enter() {
        users.incrementAndGet()
    }

    fun leave() {
        if (users.decrementAndGet() == 0) end()
    }

    /** Another one has taken its place. */
    fun retire() {
        leave()
    }

    @OptIn(ExperimentalPathApi::class)
    private fun end() {
        loader.close()
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

/** The jars and the class folders in a folder. */
internal object ClassFiles {
    fun roots(folder: Path): List<Path> = folder.listDirectoryEntries().filter { it.isDirectory() || it.extension == "jar" }.sorted()

    /** Changes whenever a file does. */
    fun fingerprint(folder: Path): Set<String> =
        roots(folder).flatMap { root -> Files.walk(root).use { all -> all.map(::stateOf).toList() } }.toSet()

    private fun stateOf(file: Path): String {
        val attributes = Files.readAttributes(file, BasicFileAttributes::class.java)
        return "$file ${attributes.size()} ${attributes.lastModifiedTime().toInstant()} ${attributes.fileKey()}"
    }

    @OptIn(ExperimentalPathApi::class)
    fun copy(folder: Path): Path {
        val copy = Files.createTempDirectory("reprise-handlers")
        roots(folder).forEach { it.copyToRecursively(copy.resolve(it.name), followLinks = true, overwrite = true) }
        return copy
    }
}

/** Looks into its own files first, so that repaired code wins over what the program was started with. */
private class OwnFirstLoader(
    files: Array<URL>,
) : URLClassLoader(files, ReloadingHandlers::class.java.classLoader) {
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
        /** What both sides have to mean the same by. */
        val SHARED = listOf("java.", "javax.", "jdk.", "kotlin.", "kotlinx.coroutines.", "dev.reprise.")
    }
}
