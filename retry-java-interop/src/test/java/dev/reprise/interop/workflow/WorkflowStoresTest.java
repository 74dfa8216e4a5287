package dev.reprise.interop.workflow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.workflow.JdbcWorkflowStore;
import dev.reprise.workflow.model.Key;
import dev.reprise.workflow.model.UnstorableResultException;
import dev.reprise.workflow.model.ValueCodec;
import dev.reprise.workflow.model.Workflow;
import dev.reprise.workflow.model.WorkflowOutcome;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WorkflowStoresTest {
    private static final Key<String> NAME = Keys.of("name", String.class);

    private final List<String> said = new CopyOnWriteArrayList<>();
    @TempDir private Path folder;

    @Test
    void aRunThatRestsInAFileIsGoneOnWithFromThere() throws Exception {
        AtomicReference<OpenRun> open = new AtomicReference<>();
        Workflow flow =
                Workflows.linear(
                        "flow",
                        steps -> {
                            TaskStep<List<Integer>> numbers =
                                    steps.task("numbers", () -> List.of(1, 2));
                            steps.action(
                                    "rest",
                                    () -> {
                                        said.add("rest");
                                        open.get().requestSuspension();
                                    });
                            steps.action("say", NAME, numbers, (n, it) -> said.add(n + it));
                        });
        Path file = folder.resolve("runs.db");
        try (JdbcWorkflowStore store = WorkflowStores.sqlite(file);
                OpenRun run = runner(store).of(flow).input(NAME, "Ada").id("run").open()) {
            open.set(run);
            assertInstanceOf(WorkflowOutcome.Suspended.class, run.run());
        }

        try (JdbcWorkflowStore store = WorkflowStores.sqlite(file)) {
            assertInstanceOf(WorkflowOutcome.Success.class, runner(store).of(flow).id("run").run());
            assertTrue(WorkflowStores.remove(store, "run"));
            assertFalse(WorkflowStores.remove(store, "run"));
        }
        assertEquals(List.of("rest", "Ada[1, 2]"), said);
    }

    @Test
    void aResultThatTheStoreCannotKeepNamesItsTask() {
        Workflow flow = Workflows.linear("flow", s -> s.task("thread", Thread::currentThread));
        try (JdbcWorkflowStore store = WorkflowStores.sqlite(folder.resolve("runs.db"))) {
            UnstorableResultException refusal =
                    assertThrows(
                            UnstorableResultException.class, () -> runner(store).of(flow).run());
            assertEquals("thread", refusal.getAtom());
        }
    }

    @Test
    void aLeaseOfNoLengthIsRefused() {
        Path file = folder.resolve("runs.db");
        assertEquals(
                "lease must be at least a second, but was 0s",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> WorkflowStores.sqlite(file, ValueCodec.Simple, Duration.ZERO))
                        .getMessage());
    }

    private static WorkflowRunner runner(JdbcWorkflowStore store) {
        return WorkflowRunner.builder().store(store).build();
    }
}
