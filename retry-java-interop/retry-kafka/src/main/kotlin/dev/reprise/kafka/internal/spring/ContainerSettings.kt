package dev.reprise.kafka.internal.spring

import dev.reprise.kafka.internal.TopicSettings
import dev.reprise.queue.RetryQueue
import org.apache.kafka.clients.consumer.ConsumerRecord

/** What the halves of a pair share. */
internal class ContainerSettings(
    val queue: RetryQueue,
    val topics: Map<String, TopicSettings<*, *>>,
    val maxHeldPerKey: Int,
    val bytes: RecordBytes,
) {
    fun topic(name: String): TopicSettings<*, *> =
        topics[name]
            ?: throw RefusedContainerError("the topic '$name' has no target, so its records can't be calls; call topic(\"$name\", target)")
}

/** Stops a container before it handles a record: this is an error because a container retries every exception. */
internal class RefusedContainerError(
    message: String,
) : Error(message)

/** A record is to be stored, and only the error handler can see of what kind the container is. */
internal class UncheckedContainerException : RuntimeException("the error handler has not seen the container yet")

/** A record was neither handled nor stored; the container delivers it again. */
internal class NotStoredException(
    record: ConsumerRecord<*, *>,
    cause: Throwable,
) : RuntimeException(
        "${record.topic()}-${record.partition()}@${record.offset()} was neither handled nor stored; it is delivered again",
        cause,
    )

/** An order holds as many calls as it can. */
internal class KeyIsFullException(
    orderKey: String,
    most: Int,
) : RuntimeException("$most calls of the order '$orderKey' are held; replay or discard the first, or raise maxHeldPerKey")
