@file:JvmName("Main")

package dev.reprise.benchmarks

import dev.reprise.benchmarks.console.ConsoleReport
import dev.reprise.benchmarks.fleet.FleetEffort
import dev.reprise.benchmarks.fleet.FleetReport
import dev.reprise.benchmarks.kafka.KafkaEffort
import dev.reprise.benchmarks.kafka.KafkaReport
import dev.reprise.benchmarks.queue.Databases
import dev.reprise.benchmarks.queue.QueueEffort
import dev.reprise.benchmarks.queue.QueueReport
import dev.reprise.benchmarks.temporal.TemporalReport
import dev.reprise.benchmarks.workflow.StepTable
import java.lang.management.ManagementFactory
import java.nio.file.Files
import java.nio.file.Path
import java.time.LocalDate
import kotlin.system.exitProcess

/**
 * `quick` or `full`; `queue` or `queue-quick` for durable queues; `fleet` or `fleet-quick` for many workers beside many calls; `workflow`, or
 * `workflow-tasks` or `workflow-steps` for its tasks or its durable steps alone;
 * `console` for its pages and lists, `temporal` for hosted calls, `kafka` or `kafka-quick` for consumers of records, or `jmh …` for JMH's own
 * command line.
 */
fun main(args: Array<String>) {
    when (args.firstOrNull()) {
        "quick" -> {
            report(Effort.Quick)
        }

        "full" -> {
            report(Effort.Full)
        }

        "queue" -> {
            QueueReport(QueueEffort.Full).run()
        }

        "queue-quick" -> {
            QueueReport(QueueEffort.Quick).run()
        }

        "fleet" -> {
            FleetReport(FleetEffort.Full).run()
        }

        "fleet-quick" -> {
            FleetReport(FleetEffort.Quick).run()
        }

        "workflow" -> {
            reportWorkflows()
        }

        "workflow-tasks" -> {
            reportTasks()
        }

        "workflow-steps" -> {
            reportSteps()
        }

        "console" -> {
            reportConsole()
        }

        "temporal" -> {
            TemporalReport().run()
        }

        "kafka" -> {
            KafkaReport(KafkaEffort.Full).run()
        }

        "kafka-quick" -> {
            KafkaReport(KafkaEffort.Quick).run()
        }

        "jmh" -> {
            org.openjdk.jmh.Main
                .main(args.drop(1).toTypedArray())
        }

        else -> {
            System.err.println(
                "quick | full | queue | queue-quick | fleet | fleet-quick | workflow | workflow-tasks | workflow-steps | console | " +
                    "temporal | kafka | kafka-quick | jmh <options of JMH>",
            )
            exitProcess(2)
        }
    }
}

private fun report(effort: Effort) {
    val begin = System.nanoTime()
    val waiting = Waiting.CONTENDERS.associateWith { contender -> waitingOf(contender, effort) }
    val measurements = Measurements(effort).apply { run() }
    val table = Table(measurements, waiting)

    println(facts(effort.name, minutesSince(begin)))
    println()
    println(Row.HEAD)
    table.rows.forEach(::println)
    println()
    println("Time is that on a processor, of all threads. Busy process: every contender has met failures and other policies before.")
    println("* has no suspend call: its blocking one.")
    println("${table.rows.count { it.held == true }} bars held, ${table.rows.count { it.held == false }} not held")
}

private fun reportWorkflows() {
    val begin = System.nanoTime()
    WorkflowReport(rounds = 5).print()
    println()
    Databases().use { StepTable(it, rounds = 5).print() }
    println(facts("Workflow", minutesSince(begin)))
}

private fun reportTasks() {
    val begin = System.nanoTime()
    WorkflowReport(rounds = 5).print()
    println(facts("Workflow", minutesSince(begin)))
}

private fun reportSteps() {
    val begin = System.nanoTime()
    Databases().use { StepTable(it, rounds = 5).print() }
    println(facts("Workflow", minutesSince(begin)))
}

private fun reportConsole() {
    val begin = System.nanoTime()
    ConsoleReport().run()
    println(facts("Console", minutesSince(begin)))
}

private fun minutesSince(begin: Long): Double = (System.nanoTime() - begin) / 60_000_000_000.0

/** The median run by its heap, of as many as there are rounds. */
private fun waitingOf(
    contender: String,
    effort: Effort,
): WaitingResult {
    System.err.println("waiting: $contender")
    return List(effort.rounds) { waitOnce(contender, effort) }.sortedBy { it.bytesPerRun }[effort.rounds / 2]
}

private fun waitOnce(
    contender: String,
    effort: Effort,
): WaitingResult {
    val java = Path.of(System.getProperty("java.home"), "bin", "java").toString()
    val command =
        listOf(java) + Measurements.JVM_OPTIONS + listOf("-cp", System.getProperty("java.class.path"), Waiting::class.java.name) +
            listOf(contender, RUNS.toString(), effort.wait.inWholeSeconds.toString())
    val process = ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start()
    val (bytes, threads, millis) =
        process.inputStream
            .bufferedReader()
            .readText()
            .trim()
            .lines()
            .last()
            .split(' ')
    check(process.waitFor() == 0) { "waiting by $contender has failed" }
    return WaitingResult(bytes.toDouble(), threads.toInt(), millis.toLong())
}

private fun facts(
    name: String,
    minutes: Double,
): String {
    val system = ManagementFactory.getOperatingSystemMXBean()
    val cpu =
        Path
            .of("/proc/cpuinfo")
            .takeIf(Files::exists)
            ?.let(Files::readAllLines)
            .orEmpty()
    val model = cpu.firstOrNull { it.startsWith("model name") }?.substringAfter(": ") ?: "unknown CPU"
    return "$name run of ${LocalDate.now()}, %.1f minutes. ".format(minutes) +
        "${System.getProperty("java.vm.name")} ${System.getProperty("java.vm.version")}; ${system.availableProcessors} cores, $model; " +
        "${system.name} ${system.version}; load %.1f at the end. ".format(system.systemLoadAverage) +
        "JVM options: ${Measurements.JVM_OPTIONS.take(3).joinToString(" ")}."
}

private const val RUNS = 100_000
