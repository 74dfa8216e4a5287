package dev.reprise.kafka.kill

import java.io.File
import java.nio.file.Path

/** Starts a consumer as a process of its own, with the log of all of them in [folder]. */
internal fun startKilled(
    broker: String,
    topic: String,
    folder: File,
    database: String,
    name: String,
): Process {
    val java = Path.of(System.getProperty("java.home"), "bin", "java").toString()
    val command =
        listOf(java, "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path")) +
            listOf("dev.reprise.kafka.kill.KilledConsumerKt", broker, topic, folder.path, database, name)
    return ProcessBuilder(command).redirectErrorStream(true).redirectOutput(File(folder, "$name.out")).start()
}
