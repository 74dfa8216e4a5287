package dev.reprise.internal.queue.events

import dev.reprise.internal.util.SafeLog

/** What a queue says by default: a logger for each subject, so that each can be switched off by its level. */
internal object QueueLogs {
    /** All else. */
    val queue: SafeLog = SafeLog("dev.reprise.queue")

    /** Attempts that failed and are followed by another one. */
    val attempts: SafeLog = SafeLog("dev.reprise.queue.attempts")

    /** Calls that died. */
    val deaths: SafeLog = SafeLog("dev.reprise.queue.deaths")

    /** Workers that died, and a lost lease. */
    val workers: SafeLog = SafeLog("dev.reprise.queue.workers")

    /** Whether the store responds, and jumps of its clock. */
    val store: SafeLog = SafeLog("dev.reprise.queue.store")

    /** What people changed. */
    val operator: SafeLog = SafeLog("dev.reprise.queue.operator")
}
