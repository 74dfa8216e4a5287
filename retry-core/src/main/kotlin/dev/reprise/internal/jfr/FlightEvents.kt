package dev.reprise.internal.jfr

import jdk.jfr.Category
import jdk.jfr.Description
import jdk.jfr.Event
import jdk.jfr.Label
import jdk.jfr.Name
import jdk.jfr.StackTrace
import jdk.jfr.Timespan

@Name("dev.reprise.Attempt")
@Label("Attempt")
@Description("An attempt of a run ended")
@Category("Reprise")
@StackTrace(false)
internal class AttemptEvent : Event() {
    @JvmField
    @field:Label("Policy")
    var policy: String? = null

    @JvmField
    @field:Label("Run")
    var runId: Long = 0

    @JvmField
    @field:Label("Attempt")
    var attempt: Int = 0

    @JvmField
    @field:Label("Result")
    var result: String? = null

    @JvmField
    @field:Label("Error Type")
    var errorType: String? = null

    @JvmField
    @field:Label("Elapsed Since the Start of the Run")
    @field:Timespan(Timespan.NANOSECONDS)
    var elapsed: Long = 0
}

@Name("dev.reprise.Delay")
@Label("Delay")
@Description("The delay before the next attempt of a run begins")
@Category("Reprise")
@StackTrace(false)
internal class DelayEvent : Event() {
    @JvmField
    @field:Label("Policy")
    var policy: String? = null

    @JvmField
    @field:Label("Run")
    var runId: Long = 0

    @JvmField
    @field:Label("Attempt Before the Delay")
    var attempt: Int = 0

    @JvmField
    @field:Label("Delay")
    @field:Timespan(Timespan.NANOSECONDS)
    var delay: Long = 0
}

@Name("dev.reprise.Run")
@Label("Run")
@Description("A run ended")
@Category("Reprise")
@StackTrace(false)
internal class RunEvent : Event() {
    @JvmField
    @field:Label("Policy")
    var policy: String? = null

    @JvmField
    @field:Label("Run")
    var runId: Long = 0

    @JvmField
    @field:Label("Attempts")
    var attempts: Int = 0

    @JvmField
    @field:Label("Outcome")
    var outcome: String? = null

    @JvmField
    @field:Label("Elapsed")
    @field:Timespan(Timespan.NANOSECONDS)
    var elapsed: Long = 0
}

@Name("dev.reprise.CallAttempt")
@Label("Call Attempt")
@Description("An attempt at a durable call ended")
@Category("Reprise")
@StackTrace(false)
internal class CallAttemptEvent : Event() {
    @JvmField
    @field:Label("Correlation Id")
    var cid: String? = null

    @JvmField
    @field:Label("Handler")
    var handler: String? = null

    @JvmField
    @field:Label("Lane")
    var lane: String? = null

    @JvmField
    @field:Label("Attempt")
    var attempt: Int = 0

    @JvmField
    @field:Label("Result")
    var result: String? = null

    @JvmField
    @field:Label("Error Type")
    var errorType: String? = null

    @JvmField
    @field:Label("Elapsed")
    @field:Timespan(Timespan.NANOSECONDS)
    var elapsed: Long = 0
}

@Name("dev.reprise.CallSettled")
@Label("Call Settled")
@Description("The store accepted how a claim of a durable call ended")
@Category("Reprise")
@StackTrace(false)
internal class CallSettledEvent : Event() {
    @JvmField
    @field:Label("Correlation Id")
    var cid: String? = null

    @JvmField
    @field:Label("Handler")
    var handler: String? = null

    @JvmField
    @field:Label("Lane")
    var lane: String? = null

    @JvmField
    @field:Label("State")
    var state: String? = null

    @JvmField
    @field:Label("Dead Reason")
    var deadReason: String? = null

    @JvmField
    @field:Label("Attempts")
    var attempts: Int = 0

    @JvmField
    @field:Label("Age")
    @field:Timespan(Timespan.NANOSECONDS)
    var age: Long = 0
}

/** Sets the values of an event and commits it, if a recording wants it. */
internal inline fun <E : Event> E.write(values: E.() -> Unit) {
    if (!shouldCommit()) return
    values()
    commit()
}
