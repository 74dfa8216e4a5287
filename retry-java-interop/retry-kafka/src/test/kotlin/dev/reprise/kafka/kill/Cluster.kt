package dev.reprise.kafka.kill

import dev.reprise.kafka.broker.startBrokers
import org.apache.kafka.clients.admin.Admin
import org.apache.kafka.clients.admin.NewTopic
import java.nio.file.Path

/** Three brokers and a controller in this process, with replicated topics. */
internal class Cluster(
    folder: Path,
) : AutoCloseable {
    private val kit =
        startBrokers(
            folder,
            BROKERS,
            mapOf(
                "offsets.topic.num.partitions" to "3",
                "min.insync.replicas" to "2",
                "group.initial.rebalance.delay.ms" to "0",
                "group.min.session.timeout.ms" to "500",
            ),
        )

    val address: String get() = kit.bootstrapServers()

    /** Its requests are repeated while brokers are away. */
    val admin: Admin by lazy { Admin.create(mapOf("bootstrap.servers" to address)) }

    fun topic(
        name: String,
        partitions: Int,
    ) {
        admin.createTopics(listOf(NewTopic(name, partitions, BROKERS.toShort()))).all().get()
    }

    /** Stops the broker [number] and starts it again, under the same address. */
    fun restart(number: Int) {
        val broker =
            kit
                .brokers()
                .toSortedMap()
                .values
                .elementAt(number % BROKERS)
        broker.shutdown()
        broker.awaitShutdown()
        broker.startup()
        kit.waitForReadyBrokers()
    }

    override fun close() {
        admin.close()
        kit.close()
    }

    companion object {
        const val BROKERS = 3
    }
}
