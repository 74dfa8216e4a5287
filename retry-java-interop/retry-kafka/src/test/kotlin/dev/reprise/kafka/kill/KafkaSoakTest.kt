package dev.reprise.kafka.kill

import dev.reprise.kafka.Postgres
import dev.reprise.queue.JdbcCallStore
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.ints.shouldBeGreaterThan
import java.nio.file.Files
import java.nio.file.Path
import kotlin.random.Random
import kotlin.time.Duration.Companion.minutes

/** How long the run takes; without `-Dsoak.minutes`, there is none. */
private val soak = System.getProperty("soak.minutes")?.toInt()?.minutes

/** It ends earlier after so many kills. */
private val kills = System.getProperty("soak.kills")?.toInt() ?: Int.MAX_VALUE

/** With what is left at the end. Kotest limits an invocation to ten minutes by itself. */
private val longest = (soak ?: 1.minutes) + 30.minutes

class KafkaSoakTest : FunSpec({
    test("no record is lost, and each key keeps its order, while consumers, brokers and the database are killed and restarted")
        .config(enabled = soak != null, timeout = longest, invocationTimeout = longest) {
            val folder = tempdir()
            val seed = Random.nextInt()
            Postgres(folder.toPath()).use { postgres ->
                JdbcCallStore(postgres.source).use { it.migrate() }
                Cluster(Files.createTempDirectory(Path.of("target"), "cluster")).use { cluster ->
                    val found = Soak(cluster, postgres, folder, Random(seed)).run(checkNotNull(soak), kills)
                    println("Kafka, seed $seed: $found")
                    found.faults.shouldBeEmpty()
                    found.kills shouldBeGreaterThan 2
                    found.calls shouldBeGreaterThan 100
                }
            }
        }
})
