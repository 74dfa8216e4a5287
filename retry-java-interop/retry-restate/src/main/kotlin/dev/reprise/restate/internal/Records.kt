package dev.reprise.restate.internal

/*
 * What the services keep and pass: plain properties of plain types. State and journals are made of them: a property can be added, with a
 * value that an older record has, but not renamed.
 */

/** A call, new or with its state. [state] is null until it is accepted. */
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
    var expiresAt: Long? = null
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

/** A failure on which a policy has to decide. */
internal class FailureRecord {
    var types: List<String> = emptyList()
    var message: String? = null
    var cause: FailureRecord? = null
    var retryable: Boolean? = null
    var retryAfterMillis: Long? = null
}

/** How an attempt ended. */
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

/** The end of the attempt at claim number [claim] of a call: as [settlement] says; without one, its worker died. */
internal class EndRecord {
    var claim: Int = 0
    var settlement: SettlementRecord? = null

    /** What the policy has to decide on. */
    var failure: FailureRecord? = null
}

/** A call as its object keeps it. */
internal class KeptCall {
    var call: CallRecord = CallRecord()

    /** How often it was made due: a wake-up of an earlier time is ignored. */
    var wakes: Int = 0

    var cancelRequested: Boolean = false
}

/** What is kept of a call that is not, as long as its unique key stays taken. */
internal class GoneRecord {
    var uniqueKey: String = ""
    var keyUntil: Long = 0

    /** The call as long as which the key stays taken. */
    var parent: String? = null
}

/** What a person or a unique key sees of a call: null if there is none. */
internal class CallView {
    var call: CallRecord? = null

    /** The first failure and the last 99. */
    var errors: List<ErrorRecord> = emptyList()

    /** Its unique key is taken until then. */
    var keyUntil: Long = 0
}

/** What was decided at [now], as the journal has it: the call after it, a failure to record, and the callbacks if it has ended. */
internal class Step {
    var now: Long = 0
    var kept: KeptCall = KeptCall()
    var error: ErrorRecord? = null
    var callbacks: List<CallRecord> = emptyList()
}

/** The calls of one order that have not ended: the [head], whose turn it is or which is dead and blocks the others, and those behind it. */
internal class OrderRecord {
    var head: String? = null
    var waiting: List<String> = emptyList()
}

/** The call that has what was enqueued: a new one, or an earlier one of the same unique key or id. */
internal class AcceptedRecord {
    var cid: String = ""
    var isNew: Boolean = false
}

/** A call and its unique key. */
internal class KeyedRecord {
    var cid: String = ""
    var uniqueKey: String? = null
}
