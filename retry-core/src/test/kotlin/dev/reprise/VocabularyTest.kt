package dev.reprise

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainAll
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldNotBeEmpty
import java.io.File

/** Types that have another name now. */
private val retiredTypes =
    setOf(
        "Retries",
        "RetriesBuilder",
        "DurableQueue",
        "DurableQueueBuilder",
        "Retryable",
        "Retryables",
        "Decisions",
        "Nested",
        "EnqueueBuilder",
        "Invoked",
        "Why",
        "OnDeadHead",
        "Accepted",
        "ClaimOrder",
        "Orphans",
        "Renewal",
        "Situation",
        "UnloadableHandlerException",
        "IllegalMoveException",
        "IntervalException",
        "TablePrefixException",
        "AtomState",
        "AtomRecord",
        "AtomScope",
        "Resolution",
        "History",
        "HistoryAttempt",
        "WorkflowReport",
        "ResultCodec",
        "Shape",
        "Child",
        "Move",
        "StateTables",
        "AtomMoved",
        "WorkflowMoved",
        "Progressed",
        "RetryAdvice",
        "AttemptInfo",
        "Simulated",
        "RetryTime",
        "PolicyBuilder",
        "Policies",
        "HowLong",
        "WhichFailures",
        "WhenToGiveUp",
        "Waits",
        "Health",
        "CallInfo",
        "CallError",
        "QueuedCall",
        "CallTarget",
        "CallCodec",
        "HandlerContext",
        "DeadLetters",
        "TaskContext",
        "RevertContext",
        "LinkResults",
        "Keys",
        "WorkflowRetry",
        "WorkflowStores",
        "CheckedRunnable",
        "CustomController",
        "WorkflowTask",
        "Steps",
        "OpenRun",
        "RunRequest",
    )

/** Functions and properties that have another name now. */
private val retiredMembers =
    setOf(
        "within",
        "delayFrom",
        "orLast",
        "threeDays",
        "goesOn",
        "getGoesOn",
        "getStorageAwayFor",
        "getStoreAwayFor",
        "getInHand",
        "floorPerSecond",
        "getFloorPerSecond",
        "waitAtLeast",
        "invokePersisted",
        "wouldReplay",
        "wouldDiscard",
        "claimsOf",
        "tidy",
        "situation",
        "onDeadHead",
        "retryable",
        "nested",
        "getRetryable",
        "getBecause",
    )

/** Types that suspend or pass checked exceptions on exist once in each language. */
private val pairs =
    listOf(
        "dev/reprise/Retry" to "dev/reprise/interop/RetryRunner",
        "dev/reprise/queue/RetryQueue" to "dev/reprise/interop/queue/QueueRunner",
        "dev/reprise/workflow/WorkflowEngine" to "dev/reprise/interop/workflow/WorkflowRunner",
        "dev/reprise/queue/model/CallHandler" to "dev/reprise/interop/function/BlockingHandler",
        "dev/reprise/workflow/model/Task" to "dev/reprise/interop/function/BlockingTask",
        "dev/reprise/workflow/model/RetryController" to "dev/reprise/interop/function/BlockingController",
        "dev/reprise/workflow/model/WorkflowBuilder" to "dev/reprise/interop/workflow/WorkflowSteps",
        "dev/reprise/workflow/model/GraphBuilder" to "dev/reprise/interop/workflow/GraphSteps",
        "dev/reprise/workflow/model/TaskHandle" to "dev/reprise/interop/workflow/TaskStep",
    )

/** One name for one thing, in both languages. */
class VocabularyTest : FunSpec({
    val root = generateSequence(File("").absoluteFile) { it.parentFile }.first { File(it, "README.md").exists() }
    val core = Dump(File(root, "retry-core/api/retry-core.api").readText())
    val facade = Dump(File(root, "retry-java-interop/api/retry-java-interop.api").readText())

    test("no type and no member has a retired name") {
        core.types.shouldNotBeEmpty()
        (core.types + facade.types).filter { simpleName(it) in retiredTypes }.shouldBeEmpty()
        (core.members + facade.members).filter { it in retiredMembers }.distinct().shouldBeEmpty()
    }

    test("no simple name is used by both a type of the core and a type of the facade") {
        (core.types.map(::simpleName).toSet() intersect facade.types.map(::simpleName).toSet() - "Builder").shouldBeEmpty()
    }

    test("each Kotlin and Java pair is complete") {
        core.types shouldContainAll pairs.map { it.first }
        facade.types shouldContainAll pairs.map { it.second }
    }

    test("a dump is parsed into types and members") {
        val dump = Dump("public final class a/B\$C : a/D {\n\tpublic final fun close (I)V\n\tpublic static final field MAX I\n}\n")
        dump.types shouldContainExactly listOf("a/B\$C")
        dump.members shouldContainExactly listOf("close", "MAX")
    }
})

private fun simpleName(type: String) = type.substringAfterLast('/').substringAfterLast('$')

private class Dump(
    text: String,
) {
    val types =
        Regex("""(?m)^public .*?\bclass (\S+)""")
            .findAll(text)
            .map {
                it.groupValues[1]
            }.filter { "Companion" !in it }
            .toList()
    val members = Regex("""(?m)^\t.*\b(?:fun|field) ([\w<>-]+)""").findAll(text).map { it.groupValues[1].substringBefore('-') }.toList()
}
