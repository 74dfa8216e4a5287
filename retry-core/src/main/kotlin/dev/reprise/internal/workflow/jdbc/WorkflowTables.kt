package dev.reprise.internal.workflow.jdbc

import dev.reprise.internal.jdbc.DatabaseProduct
import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.internal.jdbc.SchemaMigration
import dev.reprise.workflow.model.ValueCodec
import dev.reprise.workflow.model.WorkflowStoreException
import dev.reprise.workflow.spi.StoredValues
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import java.sql.SQLException
import java.util.concurrent.ConcurrentHashMap
import javax.sql.DataSource
import kotlin.time.Duration

/** All that works on the tables of one store. Making it asks the database what it is, which blocks. */
internal class WorkflowTables(
    dataSource: DataSource,
    private val prefix: String,
    codec: ValueCodec,
    val lease: Duration,
    statementTimeout: Duration,
    private val testClock: (() -> Long)?,
) : AutoCloseable {
    private val product = DatabaseProduct.of(dataSource)
    private val database = product.database(dataSource, statementTimeout.inWholeSeconds.toInt())

    @Volatile
    private var isChecked = false
    private val filledIn = ConcurrentHashMap<String, String>()
    private val scripts = SchemaMigration("dev/reprise/workflow/schema/${product.folder}", prefix)

    /** Not on the threads that wait for databases: with all of them held up, a run still has to be given up in time. */
    val background = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    val values = StoredValues(codec)
    val runs = RunTable(::filled, lease.inWholeMilliseconds)
    val atoms = TaskTable(::filled, values)

    /** @throws WorkflowStoreException if the database does not do it. */
    suspend fun <T> transaction(work: WorkflowTables.(JdbcSession) -> T): T = translated { database.transaction { work(this) } }

    suspend fun migrate() {
        transaction {
            product.lockSchema(it)
            scripts.apply(it)
        }
    }

    /** Refuses tables that this version does not work with. */
    fun check(session: JdbcSession) {
        if (isChecked) return
        val installed = scripts.installed(session)
        val what = "the tables '$prefix…' are of version $installed and this program works with ${scripts.latest}"
        when {
            installed == 0 -> throw WorkflowStoreException("there are no tables '$prefix…': migrate() makes them", null)
            installed < scripts.latest -> throw WorkflowStoreException("$what: migrate() brings them up to date", null)
            installed > scripts.latest -> throw WorkflowStoreException("$what: a newer program has been here; use that or newer", null)
            else -> isChecked = true
        }
    }

    fun log(
        what: String,
        failure: Throwable,
    ) = log.log(System.Logger.Level.WARNING, what, failure)

    private fun filled(template: String): String {
        if (testClock != null) return template.replace("{p}", prefix).replace("{now}", testClock.invoke().toString())
        return filledIn.getOrPut(template) { template.replace("{p}", prefix).replace("{now}", product.now) }
    }

    override fun close() {
        background.cancel()
        database.close()
    }

    companion object {
        private val log = System.getLogger("dev.reprise.workflow")

        inline fun <T> translated(work: () -> T): T =
            try {
                work()
            } catch (e: SQLException) {
                throw WorkflowStoreException("the database does not do what it is asked: ${e.message}", e)
            }
    }
}
