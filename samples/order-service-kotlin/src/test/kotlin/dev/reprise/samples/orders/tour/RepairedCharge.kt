package dev.reprise.samples.orders.tour

import dev.reprise.queue.model.CallContext
import dev.reprise.queue.model.CallHandler
import java.nio.file.Path
import kotlin.io.path.copyTo
import kotlin.io.path.createDirectories
import kotlin.io.path.listDirectoryEntries
import kotlin.io.path.toPath

/** A handler that comes in a separate jar. */
class RepairedCharge : CallHandler<String, String> {
    override val version: Int get() = 3

    override suspend fun handle(
        context: CallContext,
        request: String,
    ): String = "$request charged by version $version"
}

/** Puts the class files of [C] into [folder], as a build would. */
inline fun <reified C> classFilesOf(folder: Path) {
    val classes = C::class.java
    val name = classes.packageName.replace('.', '/')
    val compiled = classes.protectionDomain.codeSource.location
        .toURI()
        .toPath()
        .resolve(name)
    val target = folder.resolve("classes").resolve(name).createDirectories()
    compiled.listDirectoryEntries("${classes.simpleName}*.class").forEach { it.copyTo(target.resolve(it.fileName)) }
}
