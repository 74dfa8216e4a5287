package dev.reprise.interop.workflow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.reprise.workflow.InMemoryWorkflowStore;
import dev.reprise.workflow.model.RunTakenException;
import dev.reprise.workflow.model.TaskState;
import dev.reprise.workflow.model.Workflow;
import dev.reprise.workflow.model.WorkflowOutcome;
import dev.reprise.workflow.model.WorkflowState;
import dev.reprise.workflow.spi.TaskRecord;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Runs that are cancelled, interrupted, closed or suspended. */
@Timeout(60)
final class WorkflowEndingsTest {
    private final List<String> said = new CopyOnWriteArrayList<>();
    private final InMemoryWorkflowStore store = new InMemoryWorkflowStore();
    private final WorkflowRunner runner = WorkflowRunner.on(store).build();

    @Test
    void cancellingTheFutureInterruptsTheTaskAndKeepsTheState() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        Workflow flow = threeTasks(started, interrupted);

        WorkflowRunner.Run run = runner.of(flow).id("run").open();
        CompletableFuture<WorkflowOutcome> end = run.executeOrThrowAsync();
        started.await();
        end.cancel(true);
        assertThrows(CancellationException.class, end::join);
        run.close();

        assertEquals(0, interrupted.getCount());
        try (WorkflowRunner.Run again = runner.of(flow).id("run").open()) {
            assertEquals(WorkflowState.SUSPENDED, again.state());
            assertEquals(
                    List.of(TaskState.SUCCESS, TaskState.RUNNING, TaskState.PENDING),
                    again.records().stream().map(TaskRecord::getState).toList());
            again.executeOrThrow();
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
        WorkflowRunner.Run run = runner.of(threeTasks(started, interrupted)).id("run").open();
        CompletableFuture<WorkflowOutcome> end = run.executeOrThrowAsync();
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
                                runner.of(flow).id("run").executeOrThrow();
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
        runner.of(flow).id("run").executeOrThrow();
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
        CompletableFuture<WorkflowOutcome> end = runner.of(flow).executeOrThrowAsync();
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
                assertInstanceOf(WorkflowOutcome.Reverted.class, runner.of(flow).execute());

        assertSame(own, outcome.getReport().getFailures().get("a"));
    }

    @Test
    void aSuspendedRunKeepsItsWorkAndContinuesWhenItIsRunAgain() throws Exception {
        AtomicReference<WorkflowRunner.Run> current = new AtomicReference<>();
        WorkflowRunner suspending =
                WorkflowRunner.on(store)
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
        try (WorkflowRunner.Run run = suspending.of(flow).id("run").open()) {
            current.set(run);
            assertInstanceOf(WorkflowOutcome.Suspended.class, run.executeOrThrow());
            assertEquals(List.of("a"), said);
            assertThrows(RunTakenException.class, () -> runner.of(flow).id("run").executeOrThrow());
        }
        assertInstanceOf(WorkflowOutcome.Success.class, runner.of(flow).id("run").executeOrThrow());
        assertEquals(List.of("a", "b", "c"), said);
    }
}
