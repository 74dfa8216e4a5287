package dev.reprise.kafka.kill

import dev.reprise.kafka.DurableConsumer
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.target
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import java.io.IOException
import java.nio.ByteBuffer
import java.nio.channels.FileChannel
import java.nio.file.Path
import java.nio.file.StandardOpenOption
import kotlin.time.Duration.Companion.milliseconds

internal val killed = target("killed")
internal const val KILLED_GROUP = "killed"

/**
 * A process that is killed: a consumer of the topic with its queue. Arguments: the broker, the topic, the folder of the database and of the log, its
 * name. A value is `<key> <number> <failures>`: so many of its attempts fail, whatever the process.
 */
fun main(arguments: Array<String>) {
    val (broker, topic, folder) = arguments
    val name = arguments.last()
    val log = HandlerLog(Path.of(folder, "handled"))
    val config =
        mapOf(
            "bootstrap.servers" to broker,
            "group.id" to KILLED_GROUP,
            "auto.offset.reset" to "earliest",
            "session.timeout.ms" to 1000,
            "heartbeat.interval.ms" to 200,
            "max.poll.records" to 25,
        )
    runBlocking(Dispatchers.Default) {
        val queue =
            RetryQueue.open(Path.of(folder, "calls.db")) {
                policy {
                    every(50.milliseconds)
                    maxAttempts(50)
                }
                handle(killed) { value ->
                    val record = headers.getValue("kafka-record")
                    val place = if (call.claims > 0) "call" else "here"
                    val fails = value.substringAfterLast(' ').toInt()
                    if (log.failures(record) < fails) log.write("$name failed $place $record").also { throw IOException("not now") }
                    delay(2.milliseconds)
                    log.write("$name done $place $record")
                    value
                }
            }
        queue.start(this)
        log.write("$name starts")
        DurableConsumer(config, queue) { topic(topic, killed) }.run()
    }
}

/** A line for each attempt, in the order of the attempts of all processes. */
internal class HandlerLog(
    private val path: Path,
) {
    private val file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND, StandardOpenOption.WRITE)

    fun write(line: String) {
        file.write(ByteBuffer.wrap("$line\n".toByteArray()))
    }

    fun lines(): List<String> = path.toFile().readLines()

    fun failures(record: String): Int = lines().count { it.endsWith(" $record") && " failed " in it }
}
