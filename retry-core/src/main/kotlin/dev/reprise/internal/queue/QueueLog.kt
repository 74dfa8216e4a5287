package dev.reprise.internal.queue

import dev.reprise.internal.queue.events.QueueLogs
import dev.reprise.internal.util.SafeLog

/** For what has no logger of its own in [QueueLogs]. */
internal val queueLog: SafeLog = QueueLogs.queue
