package dev.reprise.queue.crash

import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.GlobalScope
import kotlinx.coroutines.async
import kotlinx.coroutines.delay
import java.io.File
import java.nio.file.Files
import java.nio.file.Path
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.TimeSource

/** How long the processes are killed and frozen; without `-Dsoak.minutes`, a dozen times. */
private val soak = System.getProperty("soak.minutes")?.toInt()?.minutes

/** With what is left at the end. Kotest limits an invocation to ten minutes by itself. */
private val longest = (soak ?: Duration.ZERO) + 12.minutes

/** Both databases at the same time: most of it is waiting for leases to end. */
@OptIn(kotlinx.coroutines.DelicateCoroutinesApi::class)
class CrashTest : FunSpec({
    val seed = Random.nextInt()
    val folder = tempdir()
    val begun = TimeSource.Monotonic.markNow()

    fun isOver(actions: Int) = if (soak == null) actions >= 12 else begun.elapsedNow() >= soak

    fun runOn(
        name: String,
        open: (Path) -> CrashDatabase,
    ): Deferred<CrashReport> =
        GlobalScope.async(Dispatchers.IO) {
            val place = File(folder, name).apply { mkdirs() }.toPath()
            open(place).use { CrashRun(it, place, seed, isLong = soak != null).run(::isOver) }
        }

    val onSqlite = runOn("sqlite", ::CrashSqlite)
    val onPostgres = runOn("postgres", ::CrashPostgres)

    for ((name, report) in mapOf("SQLite" to onSqlite, "PostgreSQL" to onPostgres)) {
        val title = "nothing is lost and nothing ends twice on $name while its processes are killed and frozen at random moments"
        test(title).config(timeout = longest, invocationTimeout = longest) {
            val found = report.await()
            println("$name, seed $seed: $found")
            found.faults.shouldBeEmpty()
            found.lost shouldBe 0
            found.doubleCompletions shouldBe 0
            found.calls shouldBeGreaterThan 100
            found.kills shouldBeGreaterThan 2
            found.freezes shouldBeGreaterThan 0
            if (name == "PostgreSQL") found.restarts shouldBeGreaterThan 0
        }
    }
})

private class CrashSqlite(
    folder: Path,
) : CrashDatabase {
    override val address = "${folder.resolve("calls.db")}"
    override val restart = null

    override fun close() = Unit
}

internal class CrashPostgres(
    folder: Path,
) : CrashDatabase {
    private val data = folder.resolve("data")
    private var server = start(port = 0)
    override val address = "jdbc:postgresql://127.0.0.1:${server.port}/postgres?user=postgres"

    init {
        for (setting in listOf("fsync", "synchronous_commit")) {
            crashSource(address).connection.use { connection ->
                connection.createStatement().executeQuery("SHOW $setting").use { it.next() to it.getString(1) shouldBe (true to "on") }
            }
        }
    }

    private fun start(port: Int): EmbeddedPostgres {
        val builder = EmbeddedPostgres.builder().setDataDirectory(data.toFile()).setCleanDataDirectory(false)
        if (port != 0) builder.setPort(port)
        return builder.setServerConfig("fsync", "on").setServerConfig("synchronous_commit", "on").start()
    }

    /** What `pg_ctl stop -m immediate` does: no checkpoint, no goodbye; the log is replayed at the start. */
    override val restart: suspend () -> Unit = {
        val port = server.port
        val pid = Files.readAllLines(data.resolve("postmaster.pid")).first().toLong()
        check(ProcessBuilder("kill", "-QUIT", "$pid").start().waitFor() == 0)
        while (Files.exists(Path.of("/proc/$pid"))) delay(10.milliseconds)
        server.close()
        server = start(port)
    }

    override fun close() {
        server.close()
    }
}
