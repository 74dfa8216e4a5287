package dev.reprise.kafka.kill

import java.nio.ByteBuffer
import java.nio.channels.FileChannel
import java.nio.file.FileAlreadyExistsException
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardOpenOption

/** A line for each attempt, in the order of the attempts of all processes. */
internal class HandlerLog(
    private val path: Path,
) {
    private val file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND, StandardOpenOption.WRITE)

    fun write(line: String) {
        file.write(ByteBuffer.wrap("$line\n".toByteArray()))
    }

    fun lines(): List<String> = path.toFile().readLines()

    /** True for the first [times] attempts at [record], whatever their processes. */
    fun fails(
        record: String,
        times: Int,
    ): Boolean = (0 until times).any { mark("${record.replace('/', '_')}.$it") }

    /** Creates a file beside the log; false if it is there. */
    fun mark(name: String): Boolean =
        try {
            Files.createFile(path.resolveSibling(name))
            true
        } catch (e: FileAlreadyExistsException) {
            false
        }
}
