package dev.reprise.benchmarks.temporal

import io.temporal.activity.ActivityInterface
import io.temporal.activity.ActivityOptions
import io.temporal.common.RetryOptions
import io.temporal.failure.ActivityFailure
import io.temporal.workflow.Workflow
import io.temporal.workflow.WorkflowInterface
import io.temporal.workflow.WorkflowMethod
import java.io.IOException
import java.time.Duration

/** What a program without a library has: a workflow whose request says how often its only activity fails first. */
@WorkflowInterface
interface ByHand {
    @WorkflowMethod
    fun run(request: String): String
}

@ActivityInterface
interface ByHandActivity {
    fun charge(
        request: String,
        attempt: Int,
    ): String
}

class ByHandActivityRun : ByHandActivity {
    override fun charge(
        request: String,
        attempt: Int,
    ): String = if (attempt <= request.toInt()) throw IOException("attempt $attempt") else request
}

/** Two decisions for each attempt, recorded as those of a hosted call are: whether it starts, and what follows from its failure. */
class ByHandRun : ByHand {
    private val activity =
        Workflow.newActivityStub(
            ByHandActivity::class.java,
            ActivityOptions
                .newBuilder()
                .setStartToCloseTimeout(Duration.ofMinutes(15))
                .setHeartbeatTimeout(Duration.ofSeconds(20))
                .setRetryOptions(RetryOptions.newBuilder().setMaximumAttempts(1).build())
                .build(),
        )

    override fun run(request: String): String {
        if (request == "0") return activity.charge(request, 1)
        var attempt = 1
        while (true) {
            try {
                Workflow.sideEffect(String::class.java) { "starts" }
                return activity.charge(request, attempt)
            } catch (_: ActivityFailure) {
                val delay = Workflow.sideEffect(Long::class.java) { 1L }
                Workflow.sleep(Duration.ofMillis(delay))
                attempt++
            }
        }
    }
}
