package dev.reprise.benchmarks.queue

/** How Reprise copes with many calls: the time of a claim, and the heap of a worker. */
class Sizes(
    private val databases: Databases,
    private val kind: Kind,
) {
    /** Nanoseconds of a claim of a hundred calls, by how many others there are. The sizes take turns. */
    fun claims(): Map<Int, Double> =
        with(SIZES.toList(), emptyMap()) { crowds ->
            val times = SIZES.associateWith { ArrayList<Long>() }
            repeat(WARM_UP + ROUNDS) { round ->
                for ((size, crowd) in crowds) {
                    val nanos = crowd.claim()
                    if (round >= WARM_UP) times.getValue(size) += nanos
                }
            }
            times.mapValues { it.value.sorted()[ROUNDS / 2].toDouble() }
        }

    private fun <T> with(
        sizes: List<Int>,
        crowds: Map<Int, Crowd>,
        work: (Map<Int, Crowd>) -> T,
    ): T {
        val size = sizes.firstOrNull() ?: return work(crowds)
        return databases.with(kind) { url ->
            System.err.println("claims among $size calls, ${kind.name}")
            Crowd(kind.source(url)).use { with(sizes.drop(1), crowds + (size to it.fill(size)), work) }
        }
    }

    /** Bytes in use in a worker that works on a queue of [size] calls; the largest of a few looks. */
    fun heap(size: Int): Long =
        databases.with(kind) { url ->
            System.err.println("heap with $size calls, ${kind.name}")
            Crowd(kind.source(url)).use { it.queue(size) }
            val file = databases.counter()
            SharedCounter(file).value = 0
            NodeProcess(kind, url, file).use { node -> List(LOOKS) { node.heap() }.max() }
        }

    /** Bytes in use in a worker while it sums the counts of so many single [enqueues], and after; the largest of its looks. */
    fun tally(enqueues: Int): Long =
        databases.with(kind) { url ->
            System.err.println("heap with the counts of $enqueues enqueues, ${kind.name}")
            Crowd(kind.source(url)).use { it.counted(enqueues) }
            val file = databases.counter()
            SharedCounter(file).value = 0
            NodeProcess(kind, url, file).use { node ->
                val looks = ArrayList<Long>()
                while (looks.size < LOOKS || counts(url) > SUMMED) looks += node.heap()
                looks.max()
            }
        }

    private fun counts(url: String): Int =
        Databases.connection(url).use { connection ->
            connection.createStatement().use { statement ->
                statement.executeQuery("SELECT count(*) FROM reprise_state_count").use { if (it.next()) it.getInt(1) else 0 }
            }
        }

    private fun NodeProcess.heap(): Long {
        Thread.sleep(BETWEEN_LOOKS)
        tell("heap")
        return answer("heap").toLong()
    }

    companion object {
        val SIZES = listOf(1_000, 100_000, 1_000_000)
        private const val WARM_UP = 100
        private const val ROUNDS = 150
        private const val LOOKS = 4
        private const val SUMMED = 1000
        private const val BETWEEN_LOOKS = 1000L
    }
}
