package dev.reprise.workflow.conformance

import dev.reprise.internal.workflow.plan.Plan
import dev.reprise.internal.workflow.plan.Planner
import dev.reprise.policy.RestoredFailure
import dev.reprise.workflow.InMemoryWorkflowStore
import dev.reprise.workflow.WorkflowEngine
import dev.reprise.workflow.WorkflowRun
import dev.reprise.workflow.model.ControllerAtom
import dev.reprise.workflow.model.ControllerAttempt
import dev.reprise.workflow.model.ControllerHistory
import dev.reprise.workflow.model.Inputs
import dev.reprise.workflow.model.InvalidWorkflowException
import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.model.ValueCodec
import dev.reprise.workflow.model.WorkflowEvent
import dev.reprise.workflow.model.WorkflowListener
import dev.reprise.workflow.model.WorkflowOutcome
import dev.reprise.workflow.model.WorkflowState
import dev.reprise.workflow.spi.Intention
import dev.reprise.workflow.spi.RunJournal
import dev.reprise.workflow.spi.TaskRecord
import dev.reprise.workflow.spi.WorkflowStore
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch

private const val RUN = "run"

/** What was seen in one run of a case, in the form of the recordings. */
internal class Observed(
    val values: Spec,
    val isResumed: Boolean = false,
)

/** Runs the steps of a case. With [parallelism] it ignores the engine that the case defines. */
internal class CaseRunner(
    private val spec: Spec,
    private val parallelism: Int? = null,
) {
    private val world = World()
    private val trace = ArrayList<String>()
    private val observed = ArrayList<Observed>()
    private var store = InMemoryWorkflowStore(JsonResults)
    private var flow = spec["flow"].spec()
    private var open: WorkflowRun? = null
    private var resumed = false
    private var watch: (String) -> Unit = {}

    lateinit var plan: Plan
        private set

    suspend fun run(): List<Observed> {
        for (step in spec["steps"]?.specs() ?: listOf(mapOf("do" to "run"))) {
            when (step["do"]) {
                "run" -> runOnce(step)
                "reset" -> reset()
                "new_engine" -> newEngine(step)
                "given" -> given(step)
            }
        }
        open?.close()
        return observed
    }

    private suspend fun runOnce(step: Spec) {
        val run =
            try {
                opened()
            } catch (e: InvalidWorkflowException) {
                observed += Observed(mapOf("refused" to e.problem.name))
                return
            }
        val outcome = if ("crash_on" in step) crash(run, step["crash_on"].spec()) else suspending(run, step["suspend_on"]?.spec())
        val seen = linkedMapOf<String, Any?>("trace" to trace.toList(), "calls" to world.calls.toList())
        if (outcome == null) seen["crashed"] = true else seen += end(run, outcome)
        observed += Observed(seen, resumed)
        resumed = false
        trace.clear()
        world.calls.clear()
    }

    private suspend fun suspending(
        run: WorkflowRun,
        trigger: Spec?,
    ): WorkflowOutcome {
        watch = trigger?.let { onNth(it) { run.requestSuspension() } } ?: {}
        return run.execute()
    }

    /** The store is copied at the moment of death; whatever the dying run still does is neither seen nor kept. */
    private suspend fun crash(
        run: WorkflowRun,
        trigger: Spec,
    ): WorkflowOutcome? {
        var outcome: WorkflowOutcome? = null
        coroutineScope {
            val dying =
                launch(start = CoroutineStart.LAZY) {
                    try {
                        outcome = run.execute()
                    } catch (_: Killed) {
                        // A function was called after the death: the process would not have got there.
                    }
                }
            watch =
                onNth(trigger) {
                    store = store.copy()
                    world.isDead = true
                    dying.cancel()
                }
            dying.join()
        }
        if (world.isDead) open = null
        return outcome.takeIf { !world.isDead }
    }

    private fun onNth(
        trigger: Spec,
        action: () -> Unit,
    ): (String) -> Unit {
        var left = trigger.int("nth") ?: 1
        val event = trigger.text("event")
        return { line ->
            if (line == event || line.startsWith("$event(")) {
                if (--left == 0) {
                    action()
                }
            }
        }
    }

    private suspend fun reset() {
        opened().reset()
        observed += Observed(mapOf("reset" to true, "trace" to trace.toList()))
        trace.clear()
    }

    private suspend fun newEngine(step: Spec) {
        open?.close()
        open = null
        world.isDead = false
        resumed = true
        step["flow"]?.let { flow = it.spec() }
    }

    private suspend fun given(step: Spec) {
        plan = Planner(RecordedFlow(world).node(flow)).plan()
        val journal = store.open(RUN)
        journal.start(plan.outline, spec["store"].spec())
        step["flow"]?.let { journal.save(WorkflowState.valueOf(it as String)) }
        journal.save(step["atoms"].spec().map { (name, atom) -> record(name, atom.spec()) })
        journal.close()
        resumed = true
    }

    private fun record(
        name: String,
        spec: Spec,
    ) = TaskRecord(
        name = name,
        state = TaskState.valueOf(spec.text("state")),
        intention = Intention.valueOf(spec["intention"] as String? ?: "EXECUTE"),
        result = spec["result"],
        failure = spec["failure"]?.let { Recorded(null, it as String) },
        history = if (plan.atoms[plan.indexOf(name)!!] is ControllerAtom) ControllerHistory(spec["attempts"].attempts()) else null,
    )

    private fun Any?.attempts(): List<ControllerAttempt> =
        (this as List<*>? ?: emptyList<Any?>()).map { attempt ->
            val (value, failures) = attempt as List<*>
            ControllerAttempt(value, failures.spec().mapValues { Recorded(null, it.value as String) })
        }

    private suspend fun opened(): WorkflowRun =
        open ?: run {
            plan = Planner(RecordedFlow(world).node(flow)).plan()
            val inputs = spec["store"].spec().entries.fold(Inputs.NONE) { all, (name, value) -> all.with(untyped(name), value) }
            engine().open(plan, inputs, RUN).also { open = it }
        }

    private fun engine(): WorkflowEngine {
        val engine = spec["engine"].spec()
        val own = if (engine["type"] == "parallel") engine.int("workers") ?: 2 else 1
        return WorkflowEngine(ForgettingEnds(store)) {
            parallelism = this@CaseRunner.parallelism ?: own
            deferReverts = engine["defer_reverts"] == true
            resolveFailures = engine["never_resolve"] != true
            acceptChanges = true
            listener(WorkflowListener(::told))
        }
    }

    private fun told(event: WorkflowEvent) {
        if (world.isDead) return
        val line =
            when (event) {
                is WorkflowEvent.RunChanged -> "${event.workflow}.f ${event.to}"
                is WorkflowEvent.TaskChanged -> "${event.task}.${if (event.isController) "r" else "t"} ${event.to}${details(event)}"
                is WorkflowEvent.TaskProgressed, is WorkflowEvent.Decided -> return
            }
        trace += line
        if (event is WorkflowEvent.TaskChanged) world.entered(event.task, event.to.name)
        watch(line)
    }

    private fun details(event: WorkflowEvent.TaskChanged) =
        when (event.to) {
            TaskState.SUCCESS, TaskState.REVERTED -> "(${event.result.toJson()})"
            TaskState.FAILURE, TaskState.REVERT_FAILURE -> "(${event.failure?.message})"
            else -> ""
        }

    private fun end(
        run: WorkflowRun,
        outcome: WorkflowOutcome,
    ): Spec {
        val (controllers, tasks) = run.records.partition { it.history != null }
        val names = (spec["store"].spec().keys + plan.atoms.flatMap { it.provides })
        return mapOf(
            "flow" to run.state.name,
            "states" to run.records.associate { it.name to it.state.name },
            "results" to tasks.filter { it.state == TaskState.SUCCESS && it.result != null }.associate { it.name to it.result },
            "revert_results" to run.records.filter { it.revertResult != null }.associate { it.name to it.revertResult },
            "history" to controllers.filter { it.history!!.size > 0 }.associate { it.name to mapOf("attempts" to it.history!!.recorded()) },
            "values" to names.associateWith { run.values.all(untyped(it)) }.filterValues { it.isNotEmpty() },
            "causes" to causes(outcome),
        )
    }

    private fun causes(outcome: WorkflowOutcome): List<String?> =
        when (outcome) {
            is WorkflowOutcome.Failed -> outcome.report.stoppedBy.values
            is WorkflowOutcome.Reverted -> outcome.report.failures.values + outcome.report.revertFailures.values
            else -> emptyList()
        }.map { if (it.isRecorded()) it.message else "engine error: $it" }

    /** In this process, or before a crash. */
    private fun Throwable.isRecorded() = this is Recorded || (this is RestoredFailure && description.type == Recorded::class.java.name)

    private object JsonResults : ValueCodec {
        override fun encode(value: Any?) = value.toJson()

        override fun decode(text: String) = parse(text)
    }
}

/**
 * In a crash TaskFlow loses the ends of atoms that it has not processed, and calls them again, as recorded. Ours are kept,
 * and not called again.
 */
private class ForgettingEnds(
    private val store: WorkflowStore,
) : WorkflowStore by store {
    override suspend fun open(
        run: String,
        isExecuted: Boolean,
    ): RunJournal {
        val journal = store.open(run, isExecuted)
        return object : RunJournal by journal {
            override suspend fun save(records: List<TaskRecord>) = journal.save(records.filterNot { it.isEnded })
        }
    }
}
