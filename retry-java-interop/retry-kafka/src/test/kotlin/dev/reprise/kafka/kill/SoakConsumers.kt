package dev.reprise.kafka.kill

import java.io.File
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
            dump(one)
            faultsFound += "${one.name} did not leave: ${endOf(one)}"
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
    fun stacks(): String = running.filterNotNull().onEach(::dump).joinToString("\n") { "${it.name}:\n${output(it).readText()}" }

    /** Has the process write the stacks of its threads to its output, and waits for the last line of that. */
    private fun dump(one: Running) {
        ProcessBuilder("kill", "-QUIT", "${one.process.pid()}").start().waitFor()
        while (one.process.isAlive && "JNI global refs" !in output(one).readText()) Thread.sleep(LOOK_MILLIS)
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
        const val LOOK_MILLIS = 50L
        const val MOST_CHARACTERS = 4_000
    }
}
