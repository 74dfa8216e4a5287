package dev.reprise.kafka.kill

import java.io.File
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import kotlin.random.Random

/** The consumers of a soak, a process in each of [slots]; one that is killed, that leaves or that ends by itself is replaced. */
internal class SoakConsumers(
    slots: Int,
    private val folder: File,
    private val random: Random,
    private val start: (name: String) -> Process,
) : AutoCloseable {
    private class Running(
        val name: String,
        val process: Process,
    )

    private val running = arrayOfNulls<Running>(slots)
    private val faultsFound = ArrayList<String>()
    private var starts = 0

    @Volatile
    var kills = 0
        private set

    @Volatile
    var leaves = 0
        private set

    /** What no consumer may do: end without being killed, or not leave when it should. */
    @get:Synchronized
    val faults: List<String> get() = faultsFound.toList()

    /** Starts a process in each slot that has none. */
    @Synchronized
    fun replace() {
        for (slot in running.indices) {
            val before = running[slot]
            if (before != null && before.process.isAlive) continue
            if (before != null) faultsFound += "${before.name} ended by itself: ${endOf(before)}"
            startIn(slot)
        }
    }

    /** Kills a consumer that has handled a record, or has it leave, and starts another one. */
    @Synchronized
    fun endOne() {
        replace()
        val slot = random.nextInt(running.size)
        val one = checkNotNull(running[slot])
        if (!File(folder, "${one.name}.works").exists()) return
        if (random.nextInt(LEAVES_OF) == 0) leave(one) else kill(one)
        startIn(slot)
    }

    private fun kill(one: Running) {
        one.process.destroyForcibly().waitFor()
        kills++
    }

    private fun leave(one: Running) {
        one.process.destroy()
        if (!one.process.waitFor(LONGEST_LEAVE_SECONDS, TimeUnit.SECONDS)) {
            faultsFound += "${one.name} did not leave: ${endOf(one)}\n${stacksOf(one)}"
            one.process.destroyForcibly().waitFor()
        }
        leaves++
    }

    private fun startIn(slot: Int) {
        val name = "s$slot.${starts++}"
        running[slot] = Running(name, start(name))
    }

    /** The stacks of the threads of all processes. */
    @Synchronized
    fun stacks(): String = running.filterNotNull().joinToString("\n") { "${it.name}:\n${stacksOf(it)}" }

    /** What `jcmd` prints, and nothing if the process does not answer it. */
    private fun stacksOf(one: Running): String {
        val file = File(folder, "${one.name}.stacks")
        val jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString()
        val dump = ProcessBuilder(jcmd, "${one.process.pid()}", "Thread.print").redirectErrorStream(true).redirectOutput(file).start()
        if (!dump.waitFor(LONGEST_DUMP_SECONDS, TimeUnit.SECONDS)) dump.destroyForcibly().waitFor()
        return file.readText()
    }

    private fun output(one: Running) = File(folder, "${one.name}.out")

    private fun endOf(one: Running) = output(one).readText().take(MOST_CHARACTERS)

    @Synchronized
    override fun close() {
        running.forEach { it?.process?.destroyForcibly()?.waitFor() }
    }

    private companion object {
        /** One in so many leaves. */
        const val LEAVES_OF = 4
        const val LONGEST_LEAVE_SECONDS = 90L
        const val LONGEST_DUMP_SECONDS = 30L
        const val MOST_CHARACTERS = 4_000
    }
}
