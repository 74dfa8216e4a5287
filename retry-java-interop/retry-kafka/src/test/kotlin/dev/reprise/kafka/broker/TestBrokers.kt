package dev.reprise.kafka.broker

import org.apache.kafka.common.test.KafkaClusterTestKit
import org.apache.kafka.common.test.TestKitNodes
import java.nio.file.Path

// The sample and the benchmarks compile this file, too.

/**
 * Starts [brokers] in this process, with their files in [folder]: one that is its own controller, or several beside one. Topics of theirs are on all
 * of them.
 */
internal fun startBrokers(
    folder: Path,
    brokers: Int = 1,
    settings: Map<String, String> = emptyMap(),
): KafkaClusterTestKit {
    val nodes =
        TestKitNodes
            .Builder()
            .setCombined(
                brokers == 1,
            ).setNumBrokerNodes(brokers)
            .setNumControllerNodes(1)
            .setBaseDirectory(folder)
    val builder = KafkaClusterTestKit.Builder(nodes.build())
    val replication = listOf("offsets.topic.replication.factor", "default.replication.factor").associateWith { "$brokers" }
    for ((name, value) in replication + settings) builder.setConfigProp(name, value)
    return builder.build().apply {
        format()
        startup()
        waitForReadyBrokers()
    }
}
