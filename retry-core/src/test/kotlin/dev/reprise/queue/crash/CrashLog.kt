package dev.reprise.queue.crash

import java.nio.ByteBuffer
import java.nio.channels.FileChannel
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardOpenOption
import kotlin.io.path.isRegularFile
import kotlin.io.path.name
import kotlin.io.path.readText

/** One line for each event in one process, on the disk before the process continues. */
internal class CrashLog(
    file: Path,
) {
    private val channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)

    @Synchronized
    fun write(vararg words: Any?) {
        channel.write(ByteBuffer.wrap((words.joinToString(" ") { it?.toString() ?: "-" } + "\n").toByteArray()))
        channel.force(false)
    }

    companion object {
        /** What all processes wrote into [folder], each in the order of its writing. */
        fun read(folder: Path): List<Happened> = logs(folder).flatMap { file -> lines(file).map { Happened.parse(file.name, it) } }

        fun size(folder: Path): Long = logs(folder).sumOf { Files.size(it) }

        private fun logs(folder: Path): List<Path> = Files.list(folder).use { all -> all.filter { it.isRegularFile() }.sorted().toList() }

        /** Without the unfinished last line of a killed process. */
        private fun lines(file: Path) =
            file
                .readText()
                .substringBeforeLast('\n', "")
                .lines()
                .filter { it.isNotEmpty() }
    }
}

/** A line of the log of [process]. Instants are epoch milliseconds. */
internal sealed interface Happened {
    val process: String

    /** A producer got the confirmation that the call is accepted. */
    data class Accepted(
        override val process: String,
        val cid: String,
        val orderKey: String?,
        val deadline: Long?,
        val hasCallback: Boolean,
    ) : Happened

    /** A handler was called. */
    data class Begun(
        override val process: String,
        val cid: String,
        val attempt: Int,
        val token: Long,
        val at: Long,
    ) : Happened

    /** A handler is about to return, or to throw. */
    data class Ended(
        override val process: String,
        val cid: String,
        val token: Long,
        val isOk: Boolean,
        val at: Long,
    ) : Happened

    /** A callback was notified of the end of [callCid], in the call [cid]. */
    data class Told(
        override val process: String,
        val callCid: String,
        val cid: String,
    ) : Happened

    /** Something was done to a process, or to the database. */
    data class Incident(
        override val process: String,
        val what: String,
        val at: Long,
    ) : Happened

    companion object {
        fun parse(
            process: String,
            line: String,
        ): Happened {
            val words = line.split(' ')
            return when (words[0]) {
                "accepted" -> Accepted(process, words[1], words[2].orNull(), words[3].orNull()?.toLong(), words[4].toBoolean())
                "begins" -> Begun(process, words[1], words[2].toInt(), words[3].toLong(), words[4].toLong())
                "ends" -> Ended(process, words[1], words[2].toLong(), words[3].toBoolean(), words[4].toLong())
                "told" -> Told(process, words[1], words[2])
                else -> Incident(words[1], words[0], words[2].toLong())
            }
        }

        private fun String.orNull() = takeIf { it != "-" }
    }
}
