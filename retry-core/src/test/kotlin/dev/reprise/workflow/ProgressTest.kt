package dev.reprise.workflow

import dev.reprise.workflow.model.WorkflowOutcome
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.runBlocking

class ProgressTest : FunSpec({
    for (parallelism in listOf(1, 4)) {
        test("progress that is reported after the end of a task is rejected and leaves the run alone, parallelism $parallelism") {
            repeat(10) {
                lateinit var late: Deferred<IllegalStateException>
                val flow =
                    linear("flow") {
                        task("a") {
                            late =
                                CoroutineScope(
                                    Dispatchers.Default,
                                ).async { shouldThrow<IllegalStateException> { while (true) progress(0.5) } }
                        }
                        repeat(3_000) { task("t$it") { } }
                    }
                runBlocking(Dispatchers.Default) {
                    WorkflowEngine { this.parallelism = parallelism }.execute(flow).shouldBeInstanceOf<WorkflowOutcome.Success>()
                    late.await().message shouldBe "a has ended: report progress before it returns"
                }
            }
        }
    }
})
