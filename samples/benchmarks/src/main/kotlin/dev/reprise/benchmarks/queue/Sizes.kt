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
            NodeProcess(kind, url, file).use { node ->
                List(LOOKS) {
                    Thread.sleep(BETWEEN_LOOKS)
                    node.tell("heap")
                    node.answer("heap").toLong()
                }.max()
            }
        }

    companion object {
        val SIZES = listOf(1_000, 100_000, 1_000_000)
        private const val WARM_UP = 100
        private const val ROUNDS = 150
        private const val LOOKS = 4
        private const val BETWEEN_LOOKS = 1000L
    }
}
