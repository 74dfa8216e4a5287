package dev.reprise.benchmarks.workflow

import dev.reprise.benchmarks.Measurements
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardOpenOption
import kotlin.system.exitProcess

/** A process that runs one workflow, and one that kills itself in the middle of it. */
object StepProcess {
    /** How long it took from the start of the second process to the end of the workflow, and how many steps were made twice. */
    class Result(
        val seconds: Double,
        val repeated: Int,
    )

    /** Kills a process in the middle of a workflow, and starts the next one at once. */
    fun killAndRestart(
        kind: StepKind,
        url: String,
        traces: Path,
    ): Result {
        Files.deleteIfExists(traces)
        check(process(kind, url, traces, STEPS / 2).waitFor() != 0) { "the process should have been killed" }
        val begin = System.nanoTime()
        check(process(kind, url, traces, killAt = -1).waitFor() == 0) { "the workflow should have ended" }
        return Result((System.nanoTime() - begin) / NANOS, Files.readAllLines(traces).size - STEPS)
    }

    private fun process(
        kind: StepKind,
        url: String,
        traces: Path,
        killAt: Int,
    ): Process =
        ProcessBuilder(
            listOf(Path.of(System.getProperty("java.home"), "bin", "java").toString()) + Measurements.JVM_OPTIONS.take(2) +
                listOf(
                    "-cp",
                    System.getProperty("java.class.path"),
                    StepProcess::class.java.name,
                    kind.name,
                    url,
                    traces.toString(),
                    "$killAt",
                ),
        ).redirectError(ProcessBuilder.Redirect.DISCARD).redirectOutput(ProcessBuilder.Redirect.DISCARD).start()

    /** Arguments: kind, address, the file in which each step leaves a line, the step in which it kills itself. */
    @JvmStatic
    fun main(arguments: Array<String>) {
        val (kindName, url, traces) = arguments
        val killAt = arguments[3].toInt()
        val kind = StepKind.valueOf(kindName)
        kind.on(kind.source(url)).run(KILLED, STEPS) { number ->
            Files.writeString(Path.of(traces), "$number\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND)
            if (number == killAt) kill()
        }
        exitProcess(0)
    }

    private fun kill() {
        ProcessBuilder("kill", "-9", "${ProcessHandle.current().pid()}").start()
        Thread.sleep(Long.MAX_VALUE)
    }

    const val STEPS = 200
    private const val NANOS = 1e9
}
