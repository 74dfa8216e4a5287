package dev.reprise.benchmarks.workflow

import dev.dbos.transact.DBOS
import dev.dbos.transact.StartWorkflowOptions
import dev.dbos.transact.config.DBOSConfig
import dev.dbos.transact.execution.ThrowingSupplier
import dev.dbos.transact.workflow.Workflow
import javax.sql.DataSource

/** What DBOS calls: the interface of a workflow. */
interface DbosWorkflow {
    /** A workflow of [steps] steps. */
    fun run(steps: Int): Int
}

/** Called by reflection. */
class DbosImplementation(
    private val dbos: DBOS,
    private val onStep: (Int) -> Unit,
) : DbosWorkflow {
    @Workflow(name = "steps")
    override fun run(steps: Int): Int {
        repeat(steps) { number -> dbos.runStep(ThrowingSupplier<Int, Exception> { number.also(onStep) }, "s$number") }
        return steps
    }
}

/** One instance on the pool that the others have. */
class DbosSteps(
    private val source: DataSource,
) : StepContender {
    private var onStep: (Int) -> Unit = {}
    private val dbos = DBOS(
        DBOSConfig
            .defaults("benchmark")
            .withDataSource(source)
            .withAppVersion("1"),
    )
    private val workflow: DbosWorkflow = dbos.registerProxy(DbosWorkflow::class.java, DbosImplementation(dbos) { onStep(it) })
    private val launched = lazy { dbos.launch() }

    override fun run(
        id: String,
        steps: Int,
        onStep: (Int) -> Unit,
    ) {
        // Before it is launched: that continues what was broken off.
        this.onStep = onStep
        start(id, steps)
    }

    private fun start(
        id: String,
        steps: Int,
    ) {
        launched.value
        check(handle(id, steps).result == steps) { "the workflow $id should have returned $steps" }
    }

    private fun handle(
        id: String,
        steps: Int,
    ) = dbos.startWorkflow(ThrowingSupplier<Int, Exception> { workflow.run(steps) }, StartWorkflowOptions(id))

    override fun runAll(
        prefix: String,
        count: Int,
        steps: Int,
    ) {
        launched.value
        List(count) { handle("$prefix $it", steps) }.forEach { check(it.result == steps) { "a workflow should have returned $steps" } }
    }

    override fun close() {
        dbos.shutdown()
        (source as? AutoCloseable)?.close()
    }
}
