package dev.reprise.interop.workflow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.workflow.model.InvalidWorkflowException;
import dev.reprise.workflow.model.Key;
import dev.reprise.workflow.model.UnstorableResultException;
import dev.reprise.workflow.model.ValueCodec;
import dev.reprise.workflow.model.Workflow;
import dev.reprise.workflow.model.WorkflowOutcome;
import dev.reprise.workflow.model.WorkflowProblem;
import dev.reprise.workflow.model.WorkflowState;
import dev.reprise.workflow.operate.RunQuery;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WorkflowStoresTest {
    private static final Key<String> NAME = Key.of("name", String.class);

    private final List<String> said = new CopyOnWriteArrayList<>();
    @TempDir private Path folder;

    @Test
    void aRunThatIsStoredInAFileContinuesFromThere() throws Exception {
        AtomicReference<WorkflowRunner.Run> open = new AtomicReference<>();
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
        try (WorkflowRunner runner = WorkflowRunner.open(file).build();
                WorkflowRunner.Run run = runner.of(flow).input(NAME, "Ada").id("run").open()) {
            open.set(run);
            assertInstanceOf(WorkflowOutcome.Suspended.class, run.executeOrThrow());
        }

        try (WorkflowRunner runner = WorkflowRunner.open(file).build()) {
            assertInstanceOf(
                    WorkflowOutcome.Success.class, runner.of(flow).id("run").executeOrThrow());
            assertEquals(Set.of("run"), runner.remove(List.of("run", "unknown")));
            assertEquals(Set.of(), runner.remove(List.of("run")));
        }
        assertEquals(List.of("rest", "Ada[1, 2]"), said);
    }

    @Test
    void storedRunsAreListedReadUndoneAndReset() throws Exception {
        Workflow flow =
                Workflows.linear(
                        "flow",
                        s ->
                                s.task("book", NAME, name -> "booked " + name)
                                        .revert(it -> said.add("not " + it)));
        try (WorkflowRunner runner = WorkflowRunner.open(folder.resolve("runs.db")).build()) {
            runner.of(flow).input(NAME, "Ada").id("run").executeOrThrow();
            InvalidWorkflowException refusal =
                    assertThrows(
                            InvalidWorkflowException.class,
                            () -> runner.of(flow).input(NAME, "Bob").id("run").execute());
            assertEquals(WorkflowProblem.OTHER_INPUTS, refusal.getProblem());
            RunQuery succeeded = RunQuery.ALL.states(WorkflowState.SUCCESS).workflow("flow");
            assertEquals("run", runner.runs(succeeded).getRuns().get(0).getId());
            assertTrue(runner.read("run").toMermaid().contains("SUCCESS"));
            assertInstanceOf(WorkflowOutcome.Reverted.class, runner.undo(flow, "run"));
            assertEquals(List.of("not booked Ada"), said);
            assertTrue(runner.runs(succeeded).getRuns().isEmpty());
            runner.reset(flow, "run");
            assertEquals(WorkflowState.PENDING, runner.read("run").getSummary().getState());
            assertThrows(NoSuchElementException.class, () -> runner.undo(flow, "unknown"));
            assertNull(runner.read("unknown"));
        }
    }

    @Test
    void aResultThatCannotBeStoredNamesItsTask() {
        Workflow flow = Workflows.linear("flow", s -> s.task("thread", Thread::currentThread));
        try (WorkflowRunner runner = WorkflowRunner.open(folder.resolve("runs.db")).build()) {
            UnstorableResultException refusal =
                    assertThrows(
                            UnstorableResultException.class,
                            () -> runner.of(flow).executeOrThrow());
            assertEquals("thread", refusal.getTask());
        }
    }

    @Test
    void aLeaseWithoutLengthIsRejected() {
        Path file = folder.resolve("runs.db");
        assertEquals(
                "lease must be at least a second, but was 0s",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> WorkflowRunner.open(file, ValueCodec.Json, Duration.ZERO))
                        .getMessage());
    }
}
