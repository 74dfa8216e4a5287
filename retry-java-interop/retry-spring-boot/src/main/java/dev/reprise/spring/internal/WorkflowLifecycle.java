package dev.reprise.spring.internal;

import dev.reprise.spring.internal.setup.RepriseProperties;
import dev.reprise.workflow.JdbcWorkflowStore;
import dev.reprise.workflow.model.WorkflowStoreException;
import dev.reprise.workflow.spi.WorkflowStore;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;

/** Creates the tables of workflows before the queue starts, whose handlers can run workflows. */
final class WorkflowLifecycle implements SmartLifecycle {
    private final PatientStart start;
    private final boolean failFast;

    WorkflowLifecycle(@Nullable WorkflowStore store, RepriseProperties.Queue properties) {
        this.failFast = properties.failFast();
        this.start =
                new PatientStart(
                        "the store of workflows",
                        () -> {
                            if (properties.migrate() && store instanceof JdbcWorkflowStore tables) {
                                Coroutines.run(tables::migrate);
                            }
                        },
                        WorkflowLifecycle::isDown,
                        failure -> {});
    }

    /**
     * Missing tables, and those of a newer version, have no failure of the database behind them.
     */
    private static boolean isDown(Throwable failure) {
        return failure instanceof WorkflowStoreException
                && failure.getCause() instanceof SQLException;
    }

    @Override
    public void start() {
        start.start(failFast);
    }

    @Override
    public void stop() {
        start.stop();
    }

    @Override
    public boolean isRunning() {
        return start.isRunning();
    }

    @Override
    public int getPhase() {
        return DEFAULT_PHASE - 1;
    }
}
