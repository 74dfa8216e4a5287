package dev.reprise.benchmarks.workflow

import dev.reprise.benchmarks.queue.pool
import dev.reprise.benchmarks.queue.sqlite
import javax.sql.DataSource

/** Runs workflows of steps that return their number. Each step is durable before the next one starts. */
interface StepContender : AutoCloseable {
    /** Runs the workflow [id] of [steps] steps to its end; one that was broken off continues. [onStep] is called in each step. */
    fun run(
        id: String,
        steps: Int,
        onStep: (Int) -> Unit = {},
    )

    /** Runs [count] workflows at a time. */
    fun runAll(
        prefix: String,
        count: Int,
        steps: Int,
    )
}

/** Those that are compared. */
enum class StepKind(
    val title: String,
    val isSqlite: Boolean,
    private val make: (DataSource) -> StepContender,
) {
    Reprise("Reprise", false, ::RepriseSteps),
    Dbos("DBOS Transact", false, ::DbosSteps),
    HandWritten("hand-written loop", false, { HandWrittenSteps(PoolAccess(it)) }),
    OnOtherThreads("the loop, not blocking its caller", false, { HandWrittenSteps(OtherThreads(PoolAccess(it))) }),
    Owned("that loop, with an owner", false, { OwnedSteps(OtherThreads(PoolAccess(it)), isSqlite = false) }),
    RepriseSqlite("Reprise", true, ::RepriseSteps),
    HandWrittenSqlite("hand-written loop", true, { HandWrittenSteps(OneAccess(it)) }),
    OnOtherThreadsSqlite("the loop, not blocking its caller", true, { HandWrittenSteps(OtherThreads(OneAccess(it))) }),
    OwnedSqlite("that loop, with an owner", true, { OwnedSteps(OtherThreads(OneAccess(it)), isSqlite = true) }),
    ;

    fun source(url: String): DataSource = if (isSqlite) sqlite(url) else pool(url, CONNECTIONS)

    fun on(source: DataSource): StepContender = make(source)

    companion object {
        /** In each pool. */
        const val CONNECTIONS = 20
    }
}
