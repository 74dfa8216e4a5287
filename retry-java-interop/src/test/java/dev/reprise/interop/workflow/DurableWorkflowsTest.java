package dev.reprise.interop.workflow;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.RetryPolicy;
import dev.reprise.interop.RetryRunner;
import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.queue.model.Call;
import dev.reprise.queue.model.CallHandle;
import dev.reprise.queue.model.CallState;
import dev.reprise.queue.model.DeadReason;
import dev.reprise.queue.model.PayloadCodec;
import dev.reprise.queue.model.Target;
import dev.reprise.workflow.DurableWorkflows;
import dev.reprise.workflow.InMemoryWorkflowStore;
import dev.reprise.workflow.model.Inputs;
import dev.reprise.workflow.model.Key;
import dev.reprise.workflow.model.RetryControllers;
import dev.reprise.workflow.model.Workflow;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Workflows that the workers of a queue execute. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class DurableWorkflowsTest {
    private static final Key<String> CITY = Key.of("city", String.class);
    private static final Key<String> BOOKING = Key.of("booking", String.class);
    private static final Target<Inputs, String> TRIP =
            DurableWorkflows.workflowTarget("trip", PayloadCodec.Text);

    @TempDir Path folder;
    private final List<String> said = new CopyOnWriteArrayList<>();
    private final WorkflowRunner runner = WorkflowRunner.inMemory().build();

    private QueueRunner working(QueueRunner.Builder builder, Workflow trip, WorkflowRunner on) {
        return builder.handleWorkflow(TRIP, trip, on, end -> end.get(BOOKING))
                .policy("maxAttempts(2)")
                .build()
                .start();
    }

    @Test
    void itsResultIsTheResponseOfTheCall() throws Exception {
        Workflow trip =
                Workflows.linear(
                        "trip",
                        s -> s.task("book", CITY, city -> "booked in " + city).provides(BOOKING));
        try (QueueRunner queue = working(QueueRunner.inMemory(), trip, runner)) {
            CallHandle<String> call = queue.enqueue(TRIP, Inputs.of(CITY, "Oslo"));
            assertEquals("booked in Oslo", call.resultAsync().get(20, SECONDS));
        }
    }

    @Test
    void aRevertedRunIsAFailedAttemptAndStartsOver() throws Exception {
        Workflow trip =
                Workflows.linear(
                        "trip",
                        steps -> {
                            steps.action("pay", () -> said.add("pay"))
                                    .revert(c -> said.add("pay back"));
                            steps.task("book", CITY, this::secondTime).provides(BOOKING);
                        });
        try (QueueRunner queue = working(QueueRunner.inMemory(), trip, runner)) {
            CallHandle<String> call = queue.enqueue(TRIP, Inputs.of(CITY, "Oslo"));
            assertEquals("booked", call.resultAsync().get(20, SECONDS));
            assertEquals(List.of("pay", "pay back", "pay"), said);
            assertEquals("full", queue.errors(call.getCid()).get(0).getMessage());
        }
    }

    private String secondTime(String city) throws Broken {
        if (said.size() < 3) {
            throw new Broken("full");
        }
        return "booked";
    }

    @Test
    void aFailedRevertMakesTheCallDead() throws Exception {
        Workflow trip =
                Workflows.linear(
                        "trip",
                        steps -> {
                            steps.action("pay", () -> {})
                                    .revert(
                                            c -> {
                                                throw new Broken("the bank is closed");
                                            });
                            steps.task("book", CITY, this::secondTime).provides(BOOKING);
                        });
        try (QueueRunner queue = working(QueueRunner.inMemory(), trip, runner)) {
            Call call = queue.enqueue(TRIP, Inputs.of(CITY, "Oslo")).endAsync().get(20, SECONDS);
            assertEquals(DeadReason.REJECTED, call.getDeadReason());
        }
    }

    @Test
    void aRunWhoseRevertFailedIsInspectedBeforeItStartsOver() throws Exception {
        Workflow trip =
                Workflows.linear(
                        "trip",
                        steps -> {
                            steps.action("pay", () -> said.add("pay"))
                                    .revert(
                                            c -> {
                                                throw new Broken("the bank is closed");
                                            });
                            steps.task("book", CITY, this::secondTime).provides(BOOKING);
                        });
        try (QueueRunner queue = working(QueueRunner.inMemory(), trip, runner)) {
            CallHandle<String> call = queue.enqueue(TRIP, Inputs.of(CITY, "Oslo"));
            call.endAsync().get(20, SECONDS);
            queue.replay(dead -> true);
            Call again = call.endAsync().get(20, SECONDS);
            assertEquals(DeadReason.REJECTED, again.getDeadReason());
            assertEquals(List.of("pay"), said);
        }
    }

    @Test
    void aRunThatWasRevertedByAWorkerThatDiedIsNotExecutedAgain() throws Exception {
        Workflow trip =
                Workflows.linear(
                        "trip",
                        steps -> {
                            steps.action("pay", () -> said.add("pay"))
                                    .revert(c -> said.add("pay back"));
                            steps.task("book", CITY, this::secondTime).provides(BOOKING);
                        });
        QueueRunner queue =
                QueueRunner.inMemory()
                        .handleWorkflow(TRIP, trip, runner, end -> end.get(BOOKING))
                        .policy("maxAttempts(1)")
                        .build();
        try (queue) {
            CallHandle<String> call = queue.enqueue(TRIP, Inputs.of(CITY, "Oslo"));
            runner.of(trip).input(CITY, "Oslo").id(call.getCid()).execute();
            queue.start();
            Call end = call.endAsync().get(20, SECONDS);
            assertEquals(DeadReason.EXHAUSTED, end.getDeadReason());
            assertEquals(List.of("pay", "pay back"), said);
        }
    }

    @Test
    void aTaskThatIsInterruptedByItselfIsAFailedAttempt() throws Exception {
        Workflow trip =
                Workflows.linear(
                        "trip",
                        s ->
                                s.action(
                                        "pay",
                                        () -> {
                                            throw new InterruptedException("own");
                                        }));
        try (QueueRunner queue = working(QueueRunner.inMemory(), trip, runner)) {
            Call call =
                    queue.enqueue(
                                    TRIP,
                                    Inputs.of(CITY, "Oslo"),
                                    c -> c.policy("every(10ms) maxAttempts(2)"))
                            .endAsync()
                            .get(20, SECONDS);
            assertEquals(DeadReason.EXHAUSTED, call.getDeadReason());
            assertTrue(queue.errors(call.getCid()).get(0).getMessage().contains("own"));
            assertEquals(2, call.getFailures());
        }
    }

    @Test
    void aRunThatAnotherWorkerOwnsIsWaitedForAndCostsNoAttempt() throws Exception {
        InMemoryWorkflowStore runs = new InMemoryWorkflowStore();
        Workflow trip =
                Workflows.linear(
                        "trip", s -> s.task("book", CITY, city -> "booked").provides(BOOKING));
        WorkflowRunner onRuns = WorkflowRunner.on(runs).build();
        try (QueueRunner queue = working(QueueRunner.inMemory(), trip, onRuns)) {
            CallHandle<String> call =
                    queue.enqueue(
                            TRIP, Inputs.of(CITY, "Oslo"), c -> c.delay(Duration.ofSeconds(1)));
            WorkflowRunner.Run taken = onRuns.of(trip).input(CITY, "Oslo").id(call.getCid()).open();
            Call info = queue.find(call.getCid());
            while (info.getSnoozes() == 0) {
                Thread.onSpinWait();
                info = queue.find(call.getCid());
            }
            taken.close();
            assertEquals("booked", call.resultAsync().get(20, SECONDS));
            assertEquals(1, queue.find(call.getCid()).getAttempts());
        }
    }

    @Test
    void anotherWorkerContinuesWhereOneWasStopped() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CompletableFuture<String> answer = new CompletableFuture<>();
        Workflow trip =
                Workflows.linear(
                        "trip",
                        steps -> {
                            steps.action("pay", () -> said.add("pay"));
                            steps.task(
                                            "book",
                                            CITY,
                                            city -> {
                                                said.add("book");
                                                begun.countDown();
                                                return answer.get();
                                            })
                                    .provides(BOOKING);
                        });
        Path file = folder.resolve("trips.db");
        try (WorkflowRunner onRuns = WorkflowRunner.open(file).build()) {
            String cid;
            try (QueueRunner first = working(QueueRunner.open(file), trip, onRuns)) {
                cid = first.enqueue(TRIP, Inputs.of(CITY, "Oslo")).getCid();
                begun.await();
                first.close(Duration.ZERO);
            }
            answer.complete("booked");
            try (QueueRunner second = working(QueueRunner.open(file), trip, onRuns)) {
                Call info = second.find(cid);
                while (!info.getState().isEnd()) {
                    Thread.onSpinWait();
                    info = second.find(cid);
                }
                assertEquals(List.of("pay", "book", "book"), said);
            }
        }
    }

    @Test
    void aRunWhoseCallIsCancelledIsUndone() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch undone = new CountDownLatch(1);
        Workflow trip =
                Workflows.linear(
                        "trip",
                        steps -> {
                            steps.action("pay", () -> said.add("pay"))
                                    .revert(
                                            c -> {
                                                said.add("pay back");
                                                undone.countDown();
                                            });
                            steps.taskAsync(
                                            "book",
                                            () -> {
                                                begun.countDown();
                                                return new CompletableFuture<String>();
                                            })
                                    .provides(BOOKING);
                        });
        Path file = folder.resolve("undone.db");
        try (WorkflowRunner onRuns = WorkflowRunner.open(file).build();
                QueueRunner queue = working(QueueRunner.open(file), trip, onRuns)) {
            CallHandle<String> call = queue.enqueue(TRIP, Inputs.of(CITY, "Oslo"));
            begun.await();
            queue.cancel(call.getCid());
            undone.await();
            assertEquals(List.of("pay", "pay back"), said);
        }
    }

    @Test
    void aRunIsUndoneOnDemand() throws Exception {
        Workflow trip =
                Workflows.linear(
                        "trip",
                        s ->
                                s.task("book", CITY, city -> "booked")
                                        .provides(BOOKING)
                                        .revert(it -> said.add("not " + it)));
        try (QueueRunner queue = working(QueueRunner.inMemory(), trip, runner)) {
            CallHandle<String> call = queue.enqueue(TRIP, Inputs.of(CITY, "Oslo"));
            call.resultAsync().get(20, SECONDS);
            queue.enqueue(DurableWorkflows.undoTarget(TRIP), call.getCid())
                    .resultAsync()
                    .get(20, SECONDS);
            assertEquals(List.of("not booked"), said);
        }
    }

    @Test
    void aDelayThatIsLongerThanAnAttemptMayTakeIsNoFailure() throws Exception {
        RetryPolicy policy =
                RetryRunner.builder()
                        .every(Duration.ofMillis(1500))
                        .maxAttempts(2)
                        .build()
                        .getPolicy();
        Workflow trip =
                Workflows.linear(
                        "trip",
                        RetryControllers.byPolicy(policy),
                        s ->
                                s.task(
                                                "book",
                                                CITY,
                                                city ->
                                                        said.add("book") && said.size() < 2
                                                                ? fail()
                                                                : "booked")
                                        .provides(BOOKING));
        try (QueueRunner queue =
                QueueRunner.inMemory()
                        .handleWorkflow(TRIP, trip, runner, end -> end.get(BOOKING))
                        .attemptTimeout(Duration.ofSeconds(1))
                        .build()
                        .start()) {
            Call call = queue.enqueue(TRIP, Inputs.of(CITY, "Oslo")).endAsync().get(20, SECONDS);
            assertEquals(CallState.SUCCEEDED, call.getState());
            assertEquals(0, call.getFailures());
            assertEquals(1, call.getSnoozes());
        }
    }

    private static String fail() throws Broken {
        throw new Broken("full");
    }
}
