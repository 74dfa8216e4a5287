package dev.reprise.interop.workflow

import dev.reprise.workflow.JdbcWorkflowStore
import dev.reprise.workflow.model.ValueCodec
import java.nio.file.Path
import java.time.Duration
import javax.sql.DataSource
import kotlin.time.toKotlinDuration

/** Stores, which are opened by suspend functions and know Kotlin's durations. */
internal object StoreBridge {
    @JvmStatic
    fun sqlite(
        file: Path,
        codec: ValueCodec,
        lease: Duration,
    ): JdbcWorkflowStore = runToEnd { JdbcWorkflowStore.open(file, codec, lease.toKotlinDuration()) }

    @JvmStatic
    fun jdbc(
        source: DataSource,
        tablePrefix: String,
        codec: ValueCodec,
        lease: Duration,
    ): JdbcWorkflowStore = JdbcWorkflowStore(source, tablePrefix, codec, lease.toKotlinDuration())

    @JvmStatic
    fun migrate(store: JdbcWorkflowStore) = runToEnd { store.migrate() }

    @JvmStatic
    fun remove(
        store: JdbcWorkflowStore,
        run: String,
    ): Boolean = runToEnd { store.remove(run) }
}
