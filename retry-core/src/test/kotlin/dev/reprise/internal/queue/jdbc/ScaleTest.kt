package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.SmallPool
import dev.reprise.internal.jdbc.SqliteDataSource
import dev.reprise.internal.jdbc.TestPostgres
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldBeEmpty
import org.postgresql.ds.PGSimpleDataSource
import java.io.File
import javax.sql.DataSource

/** The tables that grow with the number of calls. */
private val LARGE =
    (
        CallLocation.entries.map { it.table } +
            listOf(
                "error",
                "trace",
                "tag",
                "unique_key",
                "order_key",
                "state_count",
                "finished_0",
            )
    ).map { "t_$it" }.toSet()

/** Keeps explained connections, with the plans that were made on them. */
private class ExplainedPool(
    private val explained: ExplainedSource,
) : DataSource by SmallPool(explained) {
    /** How many blocks the statements of [work] read; none of them may read rows that it does not need. */
    suspend fun blocks(work: suspend () -> Unit): Long {
        explained.takePlans()
        work()
        val plans = explained.takePlans()
        plans.flatMap { it.faults(LARGE) }.shouldBeEmpty()
        return plans.sumOf { it.blocks }
    }
}

class ScaleTest : FunSpec({
    val server = TestPostgres()
    val database by lazy { PGSimpleDataSource().apply { setUrl(server.newUrl()) } }
    val folder = tempdir()
    afterSpec { server.close() }

    include(
        "PostgreSQL: ",
        jdbcScaleSuite(
            { ExplainedPool(ExplainedSource(database)) },
            analyze = "VACUUM ANALYZE",
            cost = { source, work -> (source as ExplainedPool).blocks(work) },
        ),
    )
    include(
        "SQLite: ",
        jdbcScaleSuite(
            { KeptConnection(SqliteDataSource(File(folder, "crowd.db").toPath())) },
            analyze = "ANALYZE",
            cost = { source, work -> (source as KeptConnection).instructions(work) },
        ),
    )
})
