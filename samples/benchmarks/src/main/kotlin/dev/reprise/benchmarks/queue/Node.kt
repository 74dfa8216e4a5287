package dev.reprise.benchmarks.queue

import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import java.nio.file.Path
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.Executors
import java.util.concurrent.atomic.AtomicInteger
import kotlin.random.Random
import kotlin.system.exitProcess

/**
 * A process of an application that is controlled by lines on its standard input: `single <calls>`, `batched <calls>`, `spread <calls>`,
 * `latencies`, `heap`, `stop`.
 */
class Node(
    kind: Kind,
    url: String,
    counter: Path,
) {
    private val contender = kind.make(url)
    private val counter = SharedCounter(counter)
    private val latencies = ConcurrentLinkedQueue<Long>()

    suspend fun run(works: Boolean) {
        if (works) contender.start(::onCall)
        answer("ready")
        for (line in generateSequence(::readLine)) {
            val words = line.split(' ')
            val (number, callers) = List(2) { words.getOrNull(it + 1)?.toInt() ?: 0 }
            when (words[0]) {
                "single" -> answer("done", each(number, callers) { contender.enqueue(payload(it)) })
                "batched" -> answer("done", each(number / BATCH, callers) { contender.enqueueAll(List(BATCH, ::payload)) })
                "spread" -> answer("done", spread(number))
                "latencies" -> answer("latencies", latencies.joinToString(" ")).also { latencies.clear() }
                "heap" -> answer("heap", liveHeap())
                else -> break
            }
        }
        contender.close()
    }

    private fun onCall(payload: String) {
        if (payload.startsWith(TIMED)) latencies += System.nanoTime() - payload.substring(1).trim().toLong()
        counter.increment()
    }

    /** Has [number] things done by [callers] at a time. */
    private suspend fun each(
        number: Int,
        callers: Int,
        enqueue: suspend (Int) -> Unit,
    ) {
        val next = AtomicInteger()
        Executors.newFixedThreadPool(callers).asCoroutineDispatcher().use { dispatcher ->
            withContext(dispatcher) {
                repeat(callers) {
                    launch { while (true) enqueue(next.getAndIncrement().takeIf { it < number } ?: break) }
                }
            }
        }
    }

    /** One call now and then, on a machine that has nothing else to do. The clock is that of the machine, the same in all processes. */
    private suspend fun spread(number: Int) {
        repeat(number) {
            Thread.sleep(Random.nextLong(SHORTEST_GAP, LONGEST_GAP))
            contender.enqueue("$TIMED${System.nanoTime()}".padEnd(PAYLOAD))
        }
    }

    private fun payload(number: Int) = number.toString().padEnd(PAYLOAD)

    private fun liveHeap(): Long =
        List(3) {
            System.gc()
            Runtime.getRuntime().let { it.totalMemory() - it.freeMemory() }
        }.min()

    private fun answer(
        what: String,
        value: Any = "",
    ) {
        println("$ANSWER $what ${value.takeIf { it != Unit } ?: ""}")
        System.out.flush()
    }

    companion object {
        /** The prefix of responses, because libraries print as well. */
        const val ANSWER = ">>>"

        const val BATCH = 100
        private const val PAYLOAD = 100
        private const val TIMED = "@"
        private const val SHORTEST_GAP = 100L
        private const val LONGEST_GAP = 300L

        /** `kind url counter works`. */
        @JvmStatic
        fun main(args: Array<String>) {
            runBlocking { Node(Kind.valueOf(args[0]), args[1], Path.of(args[2])).run(args[3].toBoolean()) }
            exitProcess(0)
        }
    }
}
