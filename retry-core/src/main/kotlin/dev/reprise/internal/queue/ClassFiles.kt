package dev.reprise.internal.queue

import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.attribute.BasicFileAttributes
import kotlin.io.path.ExperimentalPathApi
import kotlin.io.path.copyToRecursively
import kotlin.io.path.extension
import kotlin.io.path.isDirectory
import kotlin.io.path.listDirectoryEntries
import kotlin.io.path.name

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
