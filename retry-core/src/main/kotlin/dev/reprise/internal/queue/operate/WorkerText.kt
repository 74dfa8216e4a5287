package dev.reprise.internal.queue.operate

import dev.reprise.queue.operate.LaneInfo
import dev.reprise.queue.operate.WorkerInfo
import dev.reprise.queue.spi.EndRules
import java.time.Duration
import java.time.Instant

/** What a worker writes about itself with its lease: lines of a key and values, separated by tabs. Unknown lines of a newer program are left out. */
internal object WorkerText {
    fun write(info: WorkerInfo): String {
        val started = info.startedAt?.toEpochMilli()
        val named = if (info.isNamed) 1 else null
        val process = listOf("named" to named, "host" to info.host, "pid" to info.pid, "started" to started)
        val single = process + listOf("version" to info.version, "application" to info.applicationVersion)
        val lanes = info.lanes.map { "lane\t${it.name}\t${it.concurrency}" }
        val handlers =
            info.handlers.map {
                "handler\t${it.name}\t${it.lane}\t${it.version ?: ""}\t${it.concurrency ?: ""}\t${it.retention.toMillis()}"
            }
        return (single.filter { it.second != null }.map { "${it.first}\t${it.second}" } + lanes + handlers).joinToString("\n")
    }

    fun read(
        nonce: String,
        name: String,
        text: String,
        inFlight: Int,
        hung: Int,
        validUntil: Long,
        now: Long,
        paused: Set<String>,
    ): WorkerInfo {
        val lines = text.split('\n').map { it.split('\t') }
        val single = lines.filter { it.size == 2 }.associate { it[0] to it[1] }
        return WorkerInfo(
            nonce,
            name,
            single["named"] == "1",
            single["host"],
            single["pid"]?.toLongOrNull(),
            single["version"],
            single["application"],
            single["started"]?.toLongOrNull()?.let(Instant::ofEpochMilli),
            lines.filter { it[0] == "lane" && it.size >= 3 }.map { WorkerInfo.Lane(it[1], it[2].toIntOrNull() ?: 0, it[1] in paused) },
            lines.filter { it[0] == "handler" && it.size >= 6 }.map(::handler),
            inFlight,
            hung,
            Instant.ofEpochMilli(validUntil),
            validUntil > now,
        )
    }

    private fun handler(line: List<String>) =
        WorkerInfo.Handler(line[1], line[2], line[3].toIntOrNull(), line[4].toIntOrNull(), Duration.ofMillis(line[5].toLongOrNull() ?: 0))

    /** The lanes of [workers], and those that are [paused]: when and by whom. */
    fun lanes(
        workers: List<WorkerInfo>,
        paused: Map<String, Pair<Instant, String?>>,
    ): List<LaneInfo> {
        val valid = workers.filter { it.isValid }
        return (valid.flatMap { worker -> worker.lanes.map { it.name } } + paused.keys).distinct().sorted().map { name ->
            LaneInfo(
                name,
                paused[name]?.first,
                paused[name]?.second,
                handlersOf(name, valid),
                valid.count { worker -> worker.lanes.any { it.name == name } },
                valid.sumOf { worker -> worker.lanes.filter { it.name == name }.sumOf { it.concurrency } },
            )
        }
    }

    /** The handlers that [workers] with a valid lease have in [lane]. */
    fun handlersOf(
        lane: String,
        workers: List<WorkerInfo>,
    ): Set<String> =
        workers
            .filter { it.isValid }
            .flatMap { it.handlers }
            .filter { it.lane == lane }
            .mapTo(LinkedHashSet()) { it.name }

    /** How long calls of [handler] are kept that end without their worker, as those of [workers] with a valid lease announce it. */
    fun retainMillisOf(
        handler: String,
        workers: List<WorkerInfo>,
    ): Long =
        workers
            .filter { it.isValid }
            .flatMap { it.handlers }
            .filter { it.name == handler }
            .maxOfOrNull { it.retention.toMillis() } ?: EndRules.DEFAULT_RETAIN_MILLIS
}
