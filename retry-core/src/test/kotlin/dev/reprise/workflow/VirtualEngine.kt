@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.workflow

import dev.reprise.workflow.spi.WorkflowStore
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.currentTime
import java.time.Instant
import java.time.InstantSource

/** An engine whose clocks both show the virtual time of the test. */
internal fun TestScope.virtualEngine(
    store: WorkflowStore = InMemoryWorkflowStore(),
    configure: WorkflowEngineBuilder.() -> Unit = {},
): WorkflowEngine =
    WorkflowEngine(store) {
        timeSource = testScheduler.timeSource
        clock = InstantSource { Instant.ofEpochMilli(currentTime) }
        configure()
    }
