package dev.reprise.queue.crash

import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.DeadlinePassedException
import dev.reprise.queue.model.OnDeadPredecessor
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.queue.spi.CallStore
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.delay
import java.time.Instant
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds

/** Enqueues calls of all kinds, and logs what was accepted. */
internal class CrashProducer(
    store: CallStore,
    private val log: CrashLog,
    private val random: Random,
) {
    private val queue =
        RetryQueue.on(store) {
            callback(HistoryChecker.CALLBACK) {}
            policy {
                every(100.milliseconds)
                maxAttempts(MAX_ATTEMPTS)
            }
        }

    suspend fun run(stop: CompletableDeferred<Unit>) {
        while (!stop.isCompleted) {
            patiently { if (random.nextBoolean()) one() else several() }
            delay(random.nextLong(30).milliseconds)
        }
    }

    /** One order that never ends. */
    suspend fun fillOrder(stop: CompletableDeferred<Unit>) {
        while (!stop.isCompleted) {
            patiently {
                val handle = queue.enqueue(work, "0 1") { orderKey = "busy" }
                log.write("accepted", handle.cid, "busy", null, false)
            }
            delay(random.nextLong(100).milliseconds)
        }
    }

    private suspend fun patiently(enqueue: suspend () -> Unit) {
        try {
            enqueue()
        } catch (e: StoreUnavailableException) {
            // Accepted or not: the producer got no confirmation.
        } catch (e: DeadlinePassedException) {
            // It waited too long for a writer that is frozen.
        }
    }

    private suspend fun one() {
        val key = "key ${random.nextInt(9)}".replace(' ', '-').takeIf { random.nextInt(3) == 0 }
        val until = (System.currentTimeMillis() + random.nextLong(100, 20_000)).takeIf { random.nextInt(5) == 0 }
        val tells = random.nextInt(4) == 0
        val handle =
            queue.enqueue(work, request()) {
                orderKey = key
                uniqueKey = "unique ${random.nextInt(30)}".takeIf { random.nextInt(5) == 0 }
                deadline = until?.let { Instant.ofEpochMilli(it) }
                if (tells) callback(HistoryChecker.CALLBACK)
                onDeadPredecessor = OnDeadPredecessor.SKIP
            }
        if (handle.isNew) log.write("accepted", handle.cid, key, until, tells)
    }

    private suspend fun several() {
        val target = if (random.nextInt(5) == 0) paused else work
        val handles = queue.enqueueAll(target, List(random.nextInt(1, 6)) { request() }).toMutableList()
        // Now and then a thread is blocked for longer than a lease could stand it.
        if (random.nextInt(10) == 0) {
            handles += queue.enqueue(blocking, "0 ${if (random.nextInt(30) == 0) 18_000 else random.nextInt(1_500)}")
        }
        handles.forEach { log.write("accepted", it.cid, null, null, false) }
    }

    private fun request() = "${random.nextInt(3) / 2} ${if (random.nextInt(40) == 0) 2000 else random.nextInt(60)}"
}
