package dev.reprise

import dev.reprise.run.RetryEvent
import dev.reprise.run.RetryListener
import dev.reprise.testing.warningsOf
import dev.reprise.workflow.WorkflowEngine
import dev.reprise.workflow.linear
import dev.reprise.workflow.model.WorkflowEvent
import dev.reprise.workflow.model.WorkflowListener
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.string.shouldContain
import java.io.IOException
import java.util.function.Consumer

/** A listener that throws is logged by its own class, however it was set. */
class ListenerNamesTest : FunSpec({
    fun warningOf(settings: RetryBuilder.() -> RetryBuilder): String {
        val failing =
            retry {
                maxAttempts(2)
                settings()
            }
        return warningsOf { runCatching { failing.callBlocking { throw IOException() } } }.first().message
    }

    test("listeners of a run") {
        warningOf { listener(Broken()) } shouldContain "listener dev.reprise.Broken@"
        warningOf { beforeRetry(BrokenHook()) } shouldContain "listener dev.reprise.BrokenHook@"
        warningOf { beforeRetry(BrokenHook()::accept) } shouldContain "accept"
    }

    test("listeners of a workflow") {
        val flow = linear("send") { task("connect") { } }
        val warnings = warningsOf { kotlinx.coroutines.runBlocking { WorkflowEngine { listener(BrokenOfFlows()) }.execute(flow) } }
        warnings.first().message shouldContain "listener dev.reprise.BrokenOfFlows@"
        warnings.first().message shouldContain "notified of workflow send,"
    }
})

private class Broken : RetryListener {
    override fun onEvent(event: RetryEvent): Unit = throw IllegalStateException()
}

private class BrokenHook : Consumer<RetryEvent.AttemptFailed> {
    override fun accept(event: RetryEvent.AttemptFailed): Unit = throw IllegalStateException()
}

private class BrokenOfFlows : WorkflowListener {
    override fun onEvent(event: WorkflowEvent): Unit = throw IllegalStateException()
}
