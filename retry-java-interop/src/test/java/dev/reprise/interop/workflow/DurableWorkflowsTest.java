package dev.reprise.interop.workflow;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.interop.queue.CallCodec;
import dev.reprise.interop.queue.CallInfo;
import dev.reprise.interop.queue.CallTarget;
import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.interop.queue.QueueRunnerBuilder;
import dev.reprise.interop.queue.QueuedCall;
import dev.reprise.queue.model.DeadReason;
import dev.reprise.workflow.InMemoryWorkflowStore;
import dev.reprise.workflow.JdbcWorkflowStore;
import dev.reprise.workflow.model.Inputs;
import dev.reprise.workflow.model.Key;
import dev.reprise.workflow.model.Workflow;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Workflows that are carried to their end by the workers of a queue. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class DurableWorkflowsTest {
    private static final Key<String> CITY = Keys.of("city", String.class);
    private static final Key<String> BOOKING = Keys.of("booking", String.class);
    private static final CallTarget<Inputs, String> TRIP =
            DurableWorkflows.target("trip", CallCodec.text());

    @TempDir Path folder;
    private final List<String> said = new CopyOnWriteArrayList<>();
    private final WorkflowRunner runner = WorkflowRunner.builder().build();

    private QueueRunner working(QueueRunnerBuilder builder, Workflow trip, WorkflowRunner on) {
        return builder.handle(
                        TRIP,
                        DurableWorkflows.handler(trip, on, end -> end.getValues().get(BOOKING)))
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
            QueuedCall<String> call = queue.enqueue(TRIP, Inputs.of(CITY, "Oslo"));
            assertEquals("booked in Oslo", call.result().get(20, SECONDS));
        }
    }

    @Test
    void whatWasUndoneIsAFailedAttemptAndBeginsAnew() throws Exception {
        Workflow trip =
                Workflows.linear(
                        "trip",
                        steps -> {
                            steps.action("pay", () -> said.add("pay"))
                                    .revert(c -> said.add("pay back"));
                            steps.task("book", CITY, this::secondTime).provides(BOOKING);
                        });
        try (QueueRunner queue = working(QueueRunner.inMemory(), trip, runner)) {
            QueuedCall<String> call = queue.enqueue(TRIP, Inputs.of(CITY, "Oslo"));
            assertEquals("booked", call.result().get(20, SECONDS));
            assertEquals(List.of("pay", "pay back", "pay"), said);
            assertEquals("full", queue.errors(call.cid()).get(0).message());
        }
    }

    private String secondTime(String city) throws Broken {
        if (said.size() < 3) {
            throw new Broken("full");
        }
        return "booked";
    }

    @Test
    void aRevertThatFailedIsForSomebodyToLookAt() throws Exception {
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
            CallInfo call = queue.enqueue(TRIP, Inputs.of(CITY, "Oslo")).end().get(20, SECONDS);
            assertEquals(Optional.of(DeadReason.REJECTED), call.deadReason());
        }
    }

    @Test
    void aRunWhoseRevertFailedIsLookedAtBeforeItBeginsAnew() throws Exception {
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
            QueuedCall<String> call = queue.enqueue(TRIP, Inputs.of(CITY, "Oslo"));
            call.end().get(20, SECONDS);
            queue.deadLetters().replay(dead -> true);
            CallInfo again = call.end().get(20, SECONDS);
            assertEquals(Optional.of(DeadReason.REJECTED), again.deadReason());
            assertEquals(List.of("pay"), said);
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
            CallInfo call =
                    queue.enqueue(
                                    TRIP,
                                    Inputs.of(CITY, "Oslo"),
                                    c -> c.policy("every(10ms) maxAttempts(2)"))
                            .end()
                            .get(20, SECONDS);
            assertEquals(Optional.of(DeadReason.EXHAUSTED), call.deadReason());
            assertTrue(queue.errors(call.cid()).get(0).message().contains("own"));
            assertEquals(2, call.failures());
        }
    }

    @Test
    void aRunThatSomebodyStillHasIsWaitedForAndCostsNoAttempt() throws Exception {
        InMemoryWorkflowStore runs = new InMemoryWorkflowStore();
        Workflow trip =
                Workflows.linear(
                        "trip", s -> s.task("book", CITY, city -> "booked").provides(BOOKING));
        WorkflowRunner onRuns = WorkflowRunner.builder().store(runs).build();
        try (QueueRunner queue = working(QueueRunner.inMemory(), trip, onRuns)) {
            QueuedCall<String> call =
                    queue.enqueue(
                            TRIP, Inputs.of(CITY, "Oslo"), c -> c.delay(Duration.ofSeconds(1)));
            OpenRun taken = onRuns.of(trip).input(CITY, "Oslo").id(call.cid()).open();
            CallInfo info = queue.find(call.cid()).orElseThrow();
            while (info.snoozes() == 0) {
                Thread.onSpinWait();
                info = queue.find(call.cid()).orElseThrow();
            }
            taken.close();
            assertEquals("booked", call.result().get(20, SECONDS));
            assertEquals(1, queue.find(call.cid()).orElseThrow().attempts());
        }
    }

    @Test
    void anotherWorkerGoesOnWhereOneWasStopped() throws Exception {
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
        try (JdbcWorkflowStore runs = WorkflowStores.sqlite(file)) {
            WorkflowRunner onRuns = WorkflowRunner.builder().store(runs).build();
            String cid;
            try (QueueRunner first = working(QueueRunner.sqlite(file), trip, onRuns)) {
                cid = first.enqueue(TRIP, Inputs.of(CITY, "Oslo")).cid();
                begun.await();
                first.close(Duration.ZERO);
            }
            answer.complete("booked");
            try (QueueRunner second = working(QueueRunner.sqlite(file), trip, onRuns)) {
                CallInfo info = second.find(cid).orElseThrow();
                while (!info.state().isEnd()) {
                    Thread.onSpinWait();
                    info = second.find(cid).orElseThrow();
                }
                assertEquals(List.of("pay", "book", "book"), said);
            }
        }
    }
}
