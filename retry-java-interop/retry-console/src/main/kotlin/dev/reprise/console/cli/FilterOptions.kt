package dev.reprise.console.cli

import picocli.CommandLine.Option

/** The filter of a list, with the names of the API. */
internal class FilterOptions {
    @Option(names = ["--state"], description = ["ready, held, running, succeeded, dead or cancelled; can be repeated"])
    var states: List<String> = emptyList()

    @Option(names = ["--retrying"], description = ["Only calls that wait for a retry"])
    var isRetrying: Boolean = false

    @Option(names = ["--handler"], description = ["Calls of a handler; can be repeated"])
    var handlers: List<String> = emptyList()

    @Option(names = ["--lane"], description = ["Calls of the handlers of a lane"])
    var lane: String? = null

    @Option(names = ["--tag"], description = ["Calls with a tag; can be repeated, for calls with all of them"])
    var tags: List<String> = emptyList()

    @Option(names = ["--order-key"], description = ["Calls with an order key"])
    var orderKey: String? = null

    @Option(names = ["--unique-key"], description = ["The call with a unique key"])
    var uniqueKey: String? = null

    @Option(names = ["--orig-cid"], paramLabel = "CID", description = ["Calls that the handler of another call enqueued"])
    var origCid: String? = null

    @Option(names = ["--error"], paramLabel = "CLASS", description = ["Calls whose last failure was of a class; can be repeated"])
    var errors: List<String> = emptyList()

    @Option(names = ["--dead-reason"], description = ["exhausted, expired, rejected or crash_loop; can be repeated"])
    var reasons: List<String> = emptyList()

    @Option(names = ["--version"], description = ["Calls that a version of their handler attempted last; can be repeated"])
    var versions: List<String> = emptyList()

    @Option(names = ["--version-below"], description = ["Calls that an older version of their handler attempted last"])
    var versionBelow: String? = null

    @Option(names = ["--min-attempts"], description = ["Calls with at least so many attempts"])
    var minAttempts: String? = null

    @Option(names = ["--enqueued-since"], paramLabel = "TIME", description = ["In UTC: 2026-11-28 or 2026-11-28T10:00"])
    var enqueuedSince: String? = null

    @Option(names = ["--enqueued-before"], paramLabel = "TIME")
    var enqueuedBefore: String? = null

    @Option(names = ["--due-since"], paramLabel = "TIME")
    var dueSince: String? = null

    @Option(names = ["--due-before"], paramLabel = "TIME")
    var dueBefore: String? = null

    @Option(names = ["--ended-since"], paramLabel = "TIME")
    var endedSince: String? = null

    @Option(names = ["--ended-before"], paramLabel = "TIME")
    var endedBefore: String? = null

    /** The filter as parameters of the API. */
    fun parameters(): List<Pair<String, Any?>> =
        listOf("state" to states, "retrying" to "true".takeIf { isRetrying }, "handler" to handlers, "lane" to lane, "tag" to tags) +
            listOf("order-key" to orderKey, "unique-key" to uniqueKey, "orig-cid" to origCid, "error" to errors, "reason" to reasons) +
            listOf("version" to versions, "version-below" to versionBelow, "min-attempts" to minAttempts) +
            listOf("enqueued-since" to enqueuedSince, "enqueued-before" to enqueuedBefore, "due-since" to dueSince) +
            listOf("due-before" to dueBefore, "ended-since" to endedSince, "ended-before" to endedBefore)
}
