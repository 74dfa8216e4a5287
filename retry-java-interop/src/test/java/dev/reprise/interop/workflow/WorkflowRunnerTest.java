package dev.reprise.interop.workflow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.workflow.AtomRecord;
import dev.reprise.workflow.AtomState;
import dev.reprise.workflow.InMemoryWorkflowStore;
import dev.reprise.workflow.RunTakenException;
import dev.reprise.workflow.Workflow;
import dev.reprise.workflow.WorkflowOutcome;
import dev.reprise.workflow.WorkflowReport;
import dev.reprise.workflow.WorkflowState;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class WorkflowRunnerTest {
    private final List<String> said = new CopyOnWriteArrayList<>();
    private final InMemoryWorkflowStore store = new InMemoryWorkflowStore();
    private final WorkflowRunner runner = WorkflowRunner.builder().store(store).build();

    @Test
    void aSingleFailureIsThrownAsItIsAndSeveralComeAsTheReport() {
        Broken broken = new Broken("a");
        Workflow single = Workflows.linear("single", s -> s.action("a", () -> fail(broken)));
        Workflow several =
                Workflows.unordered(
                        "several",
                        steps -> {
                            steps.action("a", () -> fail(new Broken("a")));
                            steps.action("b", () -> fail(new Broken("b")));
                        });

        assertSame(broken, assertThrows(Broken.class, () -> runner.of(single).run()));
        WorkflowReport beside = assertInstanceOf(WorkflowReport.class, broken.getSuppressed()[0]);
        assertEquals(
                "single ended as REVERTED; failed: a" + " (dev.reprise.interop.workflow.Broken: a)",
                beside.getMessage());
        WorkflowReport report = assertThrows(WorkflowReport.class, () -> runner.of(several).run());
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

        assertInstanceOf(WorkflowOutcome.Success.class, runner.of(fine).runAsync().join());
        assertInstanceOf(WorkflowOutcome.Reverted.class, runner.of(failing).outcomeAsync().join());
        CompletionException thrown =
                assertThrows(CompletionException.class, () -> runner.of(failing).runAsync().join());
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

        WorkflowRunner.builder().parallelism(3).build().of(flow).run();
    }

    @Test
    void cancellingTheFutureInterruptsTheTaskAndKeepsTheState() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        Workflow flow = threeTasks(started, interrupted);

        OpenRun run = runner.of(flow).id("run").open();
        CompletableFuture<WorkflowOutcome> end = run.runAsync();
        started.await();
        end.cancel(true);
        assertThrows(CancellationException.class, end::join);
        run.close();

        assertEquals(0, interrupted.getCount());
        try (OpenRun again = runner.of(flow).id("run").open()) {
            assertEquals(WorkflowState.SUSPENDED, again.state());
            assertEquals(
                    List.of(AtomState.SUCCESS, AtomState.RUNNING, AtomState.PENDING),
                    again.records().stream().map(AtomRecord::getState).toList());
            again.run();
        }
        assertEquals(List.of("a", "b", "b", "c"), said);
    }

    /** The first call of b lasts until it is interrupted. */
    private Workflow threeTasks(CountDownLatch started, CountDownLatch interrupted) {
        return Workflows.linear(
                "flow",
                steps -> {
                    steps.action("a", () -> said.add("a"));
                    steps.action(
                            "b",
                            () -> {
                                said.add("b");
                                if (started.getCount() > 0) {
                                    untilInterrupted(started, interrupted);
                                }
                            });
                    steps.action("c", () -> said.add("c"));
                });
    }

    private static void untilInterrupted(CountDownLatch started, CountDownLatch interrupted)
            throws InterruptedException {
        started.countDown();
        try {
            new CountDownLatch(1).await();
        } finally {
            interrupted.countDown();
        }
    }

    @Test
    void closingARunEndsWhatIsRunning() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        OpenRun run = runner.of(threeTasks(started, interrupted)).id("run").open();
        CompletableFuture<WorkflowOutcome> end = run.runAsync();
        started.await();

        run.close();

        assertEquals(0, interrupted.getCount());
        assertThrows(CancellationException.class, end::join);
    }

    @Test
    void anInterruptedCallerLeavesAndTheStateIsKept() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        Workflow flow = threeTasks(started, interrupted);
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread caller =
                new Thread(
                        () -> {
                            try {
                                runner.of(flow).id("run").run();
                            } catch (Throwable e) {
                                thrown.set(e);
                            }
                        });
        caller.start();
        started.await();
        caller.interrupt();
        caller.join();

        assertInstanceOf(InterruptedException.class, thrown.get());
        assertEquals(0, interrupted.getCount());
        runner.of(flow).id("run").run();
        assertEquals(List.of("a", "b", "b", "c"), said);
    }

    @RepeatedTest(200)
    void aStageIsCancelledWithItsRun() throws Exception {
        CompletableFuture<String> stage = new CompletableFuture<>();
        CountDownLatch started = new CountDownLatch(1);
        Workflow flow =
                Workflows.linear(
                        "flow",
                        s ->
                                s.taskAsync(
                                        "a",
                                        () -> {
                                            started.countDown();
                                            return stage;
                                        }));
        CompletableFuture<WorkflowOutcome> end = runner.of(flow).runAsync();
        started.await();

        end.cancel(true);

        assertThrows(CancellationException.class, stage::join);
    }

    @Test
    void aTaskThatIsInterruptedByItselfHasFailedLikeAnyOther() throws Exception {
        InterruptedException own = new InterruptedException("own");
        Workflow flow =
                Workflows.linear(
                        "flow",
                        s ->
                                s.action(
                                        "a",
                                        () -> {
                                            throw own;
                                        }));

        WorkflowOutcome.Reverted outcome =
                assertInstanceOf(WorkflowOutcome.Reverted.class, runner.of(flow).outcome());

        assertSame(own, outcome.getReport().getFailures().get("a"));
    }

    @Test
    void anExecutorThatTakesNoWorkFailsTheFutureAndTheTask() {
        ExecutorService closed = Executors.newSingleThreadExecutor();
        closed.shutdown();
        Workflow flow = Workflows.linear("flow", s -> s.action("a", () -> said.add("a")));
        WorkflowRunner runner = WorkflowRunner.builder().executor(closed).build();

        CompletionException later =
                assertThrows(CompletionException.class, () -> runner.of(flow).runAsync().join());
        assertInstanceOf(RejectedExecutionException.class, later.getCause());
        assertThrows(Throwable.class, () -> runner.of(flow).run());
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
                    WorkflowRunner.builder().parallelism(3).executor(single).build();
            assertInstanceOf(WorkflowOutcome.Success.class, runner.of(flow).runAsync().get());
        } finally {
            single.shutdown();
        }
    }

    @Test
    void suspendedARunRestsWithItsWorkLeftAndRunAgainItGoesOn() throws Exception {
        AtomicReference<OpenRun> current = new AtomicReference<>();
        WorkflowRunner suspending =
                WorkflowRunner.builder()
                        .store(store)
                        .listener(
                                event -> {
                                    if (event.toString().equals("a SUCCESS")) {
                                        current.get().requestSuspension();
                                    }
                                })
                        .build();
        Workflow flow =
                Workflows.linear(
                        "flow",
                        steps -> {
                            for (String name : List.of("a", "b", "c")) {
                                steps.action(name, () -> said.add(name));
                            }
                        });
        try (OpenRun run = suspending.of(flow).id("run").open()) {
            current.set(run);
            assertInstanceOf(WorkflowOutcome.Suspended.class, run.run());
            assertEquals(List.of("a"), said);
            assertThrows(RunTakenException.class, () -> runner.of(flow).id("run").run());
        }
        assertInstanceOf(WorkflowOutcome.Success.class, runner.of(flow).id("run").run());
        assertEquals(List.of("a", "b", "c"), said);
    }

    @Test
    void aRunIsResetAndRunsAnew() throws Exception {
        Workflow flow = Workflows.linear("flow", s -> s.action("a", () -> said.add("a")));
        try (OpenRun run = runner.of(flow).open()) {
            run.run();
            run.run();
            run.reset();
            assertEquals(WorkflowState.PENDING, run.state());
            run.run();
        }
        assertEquals(List.of("a", "a"), said);
    }

    @Test
    void aRevertThatFailsEndsTheRunAndTellsBothFailures() throws Exception {
        Workflow flow =
                Workflows.linear(
                        "flow",
                        steps -> {
                            steps.action("a", () -> {}).revert(it -> said.add("undo a"));
                            steps.action("b", () -> {}).revert(it -> fail(new Broken("undo b")));
                            steps.action("c", () -> fail(new Broken("c")));
                        });

        WorkflowOutcome.Failed outcome =
                assertInstanceOf(WorkflowOutcome.Failed.class, runner.of(flow).outcome());

        WorkflowReport report = outcome.getReport();
        assertEquals("c", report.getFailures().get("c").getMessage());
        assertEquals("undo b", report.getRevertFailures().get("b").getMessage());
        assertEquals(List.of("a"), report.getNotReverted());
        assertTrue(said.isEmpty());
    }
}
