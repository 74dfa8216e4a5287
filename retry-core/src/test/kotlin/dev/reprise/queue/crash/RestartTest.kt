package dev.reprise.queue.crash

import dev.reprise.queue.Hand
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.charge
import dev.reprise.queue.judge
import dev.reprise.queue.newCall
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempfile
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.coroutineScope
import java.io.File

class RestartTest : FunSpec({
    fun File.workers() =
        absoluteFile.parentFile
            .list()
            .orEmpty()
            .filter { it.startsWith("$name-worker-") }

    test("the next start takes over the calls of a killed process immediately, and those of a frozen one not at all") {
        val file = tempfile(suffix = ".db")
        JdbcCallStore(file.toPath()).use { store ->
            store.migrate()
            val cid = store.enqueue(listOf(newCall())).single().cid
            val child = LeaseHolder.start(file.path)
            try {
                store.judge()
                store.orphans(null, 10).calls.shouldBeEmpty()
                ProcessBuilder("kill", "-STOP", "${child.pid()}").start().waitFor() shouldBe 0
                store.judge()
                store.orphans(null, 10).calls.shouldBeEmpty()
                file.workers() shouldBe listOf("${file.name}-worker-child")
            } finally {
                child.destroyForcibly().waitFor()
            }
            coroutineScope {
                // The lease would be valid for twenty seconds more: only the proof ends it.
                val queue = RetryQueue.on(store) { handle(charge) { "paid" } }
                queue.start(this)
                queue.awaitEnd(cid).run { attempts to crashes } shouldBe (1 to 1)
                queue.shutdown()
            }
            file.workers().shouldBeEmpty()
        }
    }

    test("a second queue of one process takes nothing from the first one, and leaves its lock alone") {
        val file = tempfile(suffix = ".db")
        JdbcCallStore(file.toPath()).use { one ->
            one.migrate()
            one.enqueue(listOf(newCall()))
            Hand(one).join().claim().size shouldBe 1
            JdbcCallStore(file.toPath()).use { other ->
                other.judge()
                other.orphans(null, 10).calls.shouldBeEmpty()
            }
            file.workers().size shouldBe 1
        }
    }
})
