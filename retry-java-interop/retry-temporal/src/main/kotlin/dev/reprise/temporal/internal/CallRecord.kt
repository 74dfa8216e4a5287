package dev.reprise.temporal.internal

/*
 * What workflows, activities, queries and memos pass: plain properties of plain types, which every data converter can write. Recorded
 * histories are made of them: a property can be added, with a value that an older record has, but not renamed.
 */

/** A call, new or with its state. [state] is null until its workflow has accepted it. */
internal class CallRecord {
    var cid: String = ""
    var handler: String = ""
    var request: PayloadRecord = PayloadRecord()
    var policy: String = ""
    var priority: Int = 5
    var delayMillis: Long = 0
    var deadline: Long? = null
    var orderKey: String? = null
    var onDeadPredecessor: String = "BLOCK"
    var uniqueKey: String? = null
    var keepUniqueKey: Boolean = false
    var uniqueForMillis: Long = 0
    var callbacks: List<String> = emptyList()
    var context: String? = null
    var source: String? = null
    var origCid: String? = null
    var tags: List<String> = emptyList()
    var title: String? = null
    var headers: Map<String, String> = emptyMap()

    /** The failure of an attempt that was made before the call was accepted. */
    var firstFailure: ErrorRecord? = null

    var state: String? = null
    var deadReason: String? = null
    var enqueuedAt: Long = 0
    var dueAt: Long = 0
    var endedAt: Long? = null
    var claims: Int = 0
    var attempts: Int = 0
    var failures: Int = 0
    var crashes: Int = 0
    var snoozes: Int = 0
    var startedAt: Long? = null
    var attemptsBefore: Int = 0
    var policyState: String? = null
    var claimedAt: Long? = null
    var crashedAt: List<Long> = emptyList()
    var handlerVersion: Int? = null
    var response: PayloadRecord? = null
    var errorType: String? = null

    /** The first failure and the last 99. */
    var errors: List<ErrorRecord> = emptyList()

    /** How often it has ended before: a call that died can be replayed, and die again. */
    var endings: Int = 0
}

/** The bytes of a request or a response. */
internal class PayloadRecord {
    var bytes: ByteArray = ByteArray(0)
    var codec: String = "none"
    var version: Int = 1
}

/** The failure of an attempt. */
internal class ErrorRecord {
    var attempt: Int = 0
    var at: Long = 0
    var type: String = ""
    var message: String = ""
    var worker: String? = null
    var causes: List<String> = emptyList()
    var trace: String? = null
    var elapsedMillis: Long? = null
    var retryAfterMillis: Long? = null
    var retryable: Boolean? = null
    var handlerVersion: Int? = null
}

/** How an attempt ended, or what was decided after it. */
internal class SettlementRecord {
    var to: String = ""
    var result: String = ""
    var delayMillis: Long = 0
    var deadReason: String? = null
    var policyState: String? = null
    var response: PayloadRecord? = null
    var error: ErrorRecord? = null
    var handlerVersion: Int? = null
}

/** What was decided before an attempt: it [ends] the call, or the [problem] delays it, or the attempt runs in [lane]. */
internal class StartRecord {
    var ends: SettlementRecord? = null
    var problem: String? = null
    var lane: String = ""

    /** How long the attempt can take; null if there is no limit. */
    var limitMillis: Long? = null
}

/** What is known of the class of a failure beside its name, which is the type of the `ApplicationFailure`. */
internal class FailureRecord {
    var types: List<String> = emptyList()
    var retryable: Boolean? = null
    var retryAfterMillis: Long? = null
}

/** The calls of one order that have not ended: the [head], whose turn it is, and those behind it. */
internal class OrderRecord {
    var head: String? = null

    /** True if the head has got its turn. */
    var called: Boolean = false

    /** True if the head is dead and blocks the others. */
    var blocked: Boolean = false
    var waiting: List<String> = emptyList()
}
