@file:JvmName("WorkflowStores")

package dev.reprise.interop.internal

import dev.reprise.run.ForeignCode
import dev.reprise.workflow.JdbcWorkflowStore
import dev.reprise.workflow.model.ValueCodec
import dev.reprise.workflow.spi.WorkflowStore
import java.nio.file.Path
import java.time.Duration
import kotlin.time.toKotlinDuration

// The suspend functions of stores.

internal fun open(file: Path): JdbcWorkflowStore = ForeignCode.runToEnd { JdbcWorkflowStore.open(file) }

internal fun open(
    file: Path,
    codec: ValueCodec,
    lease: Duration,
): JdbcWorkflowStore = ForeignCode.runToEnd { JdbcWorkflowStore.open(file, codec, lease.toKotlinDuration()) }

internal fun migrate(store: WorkflowStore) {
    if (store !is JdbcWorkflowStore) throw UnsupportedOperationException("$store has no tables to migrate")
    ForeignCode.runToEnd { store.migrate() }
}
