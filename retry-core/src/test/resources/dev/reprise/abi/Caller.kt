package dev.reprise.abi

import dev.reprise.Retry
import dev.reprise.decorate
import dev.reprise.retry
import dev.reprise.retryPolicy
import dev.reprise.run.RetryEvent
import dev.reprise.run.RetryOutcome
import dev.reprise.workflow.WorkflowEngine
import dev.reprise.workflow.linear
import dev.reprise.workflow.model.ControllerDecision
import dev.reprise.workflow.model.ControllerHistory
import dev.reprise.workflow.model.Inputs
import dev.reprise.workflow.model.RetryController
import dev.reprise.workflow.model.key
import kotlinx.coroutines.runBlocking
import java.io.IOException
import java.util.function.Supplier
import kotlin.time.Duration.Companion.milliseconds

/** A program compiled in the past: it holds copies of all inline functions, and of their calls of published ones. */
class Caller : Supplier<List<String>> {
    private val log = ArrayList<String>()
    private var calls = 0

    override fun get(): List<String> {
        runBlocking {
            plain()
            watched()
            results()
            workflow()
        }
        return log
    }

    private fun failTwice(): String {
        calls++
        if (calls % 3 != 0) throw IOException("call $calls")
        return "value of call $calls"
    }

    private suspend fun plain() {
        val plain: Retry = retry { every(1.milliseconds); maxAttempts(3); on<IOException>(); unless<IllegalStateException>() }
        log += plain { "$number: ${failTwice()}" }
        log += retry(plain) { "$number: ${failTwice()}" }
        log += retry(retryPolicy { maxRetries(2) }) { "$number: ${failTwice()}" }
        val fetch: suspend () -> String = { failTwice() }
        log += plain.decorate(fetch)()
        log += runCatching { plain { error("no retry") } }.exceptionOrNull().toString()
    }

    private suspend fun watched() {
        val events = ArrayList<String>()
        val watched =
            retry {
                name("watched")
                delays(listOf(1.milliseconds, 2.milliseconds))
                on<IOException>(schedule = { every(3.milliseconds) }) { it.message != "fatal" }
                listener { event -> if (event is RetryEvent.AttemptFailed) events += "${event.number} ${event.nextDelay}" }
            }
        log += "${watched { failTwice() }} after $events"
    }

    private suspend fun results() {
        var rest = 3
        val empty = retry { onResult<Int> { it > 0 }; maxAttempts(2); returnLastResult() }
        when (val outcome = empty.outcome { --rest }) {
            is RetryOutcome.Success -> log += "${outcome.value} in ${outcome.attempts}, ${outcome.report?.stopReason}"
            is RetryOutcome.Failure -> log += "${outcome.failure}"
        }
    }

    private suspend fun workflow() {
        val address = key<String>("address")
        val send =
            linear("send", retry = OnceMore()) {
                task("send", requires = address) { log.add("to $it: ${failTwice()}") } revertOutcome {
                    log.add("undo, ${causedBy<IOException>()}")
                }
            }
        WorkflowEngine().executeOrThrow(send, Inputs.of(address, "Ada"))
    }

    private class OnceMore : RetryController<Int>() {
        override suspend fun execute(history: ControllerHistory): Int = history.size

        override fun onFailure(history: ControllerHistory): ControllerDecision =
            if (history.causedBy<IOException>()) ControllerDecision.Retry(delay = 1.milliseconds) else ControllerDecision.Revert
    }
}
