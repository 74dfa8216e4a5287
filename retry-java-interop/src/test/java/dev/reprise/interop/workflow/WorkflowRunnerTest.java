package dev.reprise.interop.workflow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.workflow.InMemoryWorkflowStore;
import dev.reprise.workflow.model.Workflow;
import dev.reprise.workflow.model.WorkflowFailedException;
import dev.reprise.workflow.model.WorkflowOutcome;
import dev.reprise.workflow.model.WorkflowState;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class WorkflowRunnerTest {
    private final List<String> said = new CopyOnWriteArrayList<>();
    private final InMemoryWorkflowStore store = new InMemoryWorkflowStore();
    private final WorkflowRunner runner = WorkflowRunner.on(store).build();

    @Test
    void aSingleFailureIsThrownUnchangedAndSeveralAreThrownAsTheReport() {
        Broken broken = new Broken("a");
        Workflow single = Workflows.linear("single", s -> s.action("a", () -> fail(broken)));
        Workflow several =
                Workflows.unordered(
                        "several",
                        steps -> {
                            steps.action("a", () -> fail(new Broken("a")));
                            steps.action("b", () -> fail(new Broken("b")));
                        });

        assertSame(broken, assertThrows(Broken.class, () -> runner.of(single).executeOrThrow()));
        WorkflowFailedException beside =
                assertInstanceOf(WorkflowFailedException.class, broken.getSuppressed()[0]);
        assertEquals(
                "single ended as REVERTED; failed: a" + " (dev.reprise.interop.workflow.Broken: a)",
                beside.getMessage());
        WorkflowFailedException report =
                assertThrows(
                        WorkflowFailedException.class, () -> runner.of(several).executeOrThrow());
        assertEquals(List.of("a", "b"), List.copyOf(report.getFailures().keySet()));
    }

    private static void fail(Broken broken) throws Broken {
        throw broken;
    }

    @Test
    void aFutureCompletesWithTheOutcomeOrTheFailureItself() {
        Broken broken = new Broken("a");
        Workflow fine = Workflows.linear("fine", s -> s.action("a", () -> said.add("a")));
        Workflow failing = Workflows.linear("failing", s -> s.action("a", () -> fail(broken)));

        assertInstanceOf(
                WorkflowOutcome.Success.class, runner.of(fine).executeOrThrowAsync().join());
        assertInstanceOf(WorkflowOutcome.Reverted.class, runner.of(failing).executeAsync().join());
        CompletionException thrown =
                assertThrows(
                        CompletionException.class,
                        () -> runner.of(failing).executeOrThrowAsync().join());
        assertSame(broken, thrown.getCause());
    }

    @Test
    void aParallelRunnerRunsTasksAtTheSameTime() throws Exception {
        CyclicBarrier meeting = new CyclicBarrier(3);
        Workflow flow =
                Workflows.unordered(
                        "meeting",
                        steps -> {
                            for (String name : List.of("a", "b", "c")) {
                                steps.action(name, () -> meeting.await(30, TimeUnit.SECONDS));
                            }
                        });

        WorkflowRunner.inMemory().parallelism(3).build().of(flow).executeOrThrow();
    }

    @Test
    void anExecutorThatTakesNoWorkFailsTheFutureAndTheTask() {
        ExecutorService closed = Executors.newSingleThreadExecutor();
        closed.shutdown();
        Workflow flow = Workflows.linear("flow", s -> s.action("a", () -> said.add("a")));
        WorkflowRunner runner = WorkflowRunner.inMemory().executor(closed).build();

        CompletionException later =
                assertThrows(
                        CompletionException.class,
                        () -> runner.of(flow).executeOrThrowAsync().join());
        assertInstanceOf(RejectedExecutionException.class, later.getCause());
        assertThrows(Throwable.class, () -> runner.of(flow).executeOrThrow());
        assertEquals(List.of(), said);
    }

    @Test
    void oneThreadIsEnough() throws Exception {
        ExecutorService single = Executors.newSingleThreadExecutor();
        try {
            Workflow flow =
                    Workflows.unordered(
                            "flow",
                            steps -> {
                                for (String name : List.of("a", "b", "c")) {
                                    steps.action(name, c -> c.progress(0.5));
                                }
                            });
            WorkflowRunner runner =
                    WorkflowRunner.inMemory().parallelism(3).executor(single).build();
            assertInstanceOf(
                    WorkflowOutcome.Success.class, runner.of(flow).executeOrThrowAsync().get());
        } finally {
            single.shutdown();
        }
    }

    @Test
    void aRunIsResetAndRunsAgain() throws Exception {
        Workflow flow = Workflows.linear("flow", s -> s.action("a", () -> said.add("a")));
        try (WorkflowRunner.Run run = runner.of(flow).open()) {
            run.executeOrThrow();
            run.executeOrThrow();
            run.reset();
            assertEquals(WorkflowState.PENDING, run.state());
            run.executeOrThrow();
        }
        assertEquals(List.of("a", "a"), said);
    }

    @Test
    void aRevertThatFailsEndsTheRunAndReportsBothFailures() throws Exception {
        Workflow flow =
                Workflows.linear(
                        "flow",
                        steps -> {
                            steps.action("a", () -> {}).revert(it -> said.add("undo a"));
                            steps.action("b", () -> {}).revert(it -> fail(new Broken("undo b")));
                            steps.action("c", () -> fail(new Broken("c")));
                        });

        WorkflowOutcome.Failed outcome =
                assertInstanceOf(WorkflowOutcome.Failed.class, runner.of(flow).execute());

        WorkflowFailedException report = outcome.getReport();
        assertEquals("c", report.getFailures().get("c").getMessage());
        assertEquals("undo b", report.getRevertFailures().get("b").getMessage());
        assertEquals(List.of("a"), report.getNotReverted());
        assertTrue(said.isEmpty());
    }
}
