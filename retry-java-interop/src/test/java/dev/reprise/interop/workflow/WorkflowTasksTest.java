package dev.reprise.interop.workflow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.reprise.interop.function.BlockingTask;
import dev.reprise.policy.AttemptTimeoutException;
import dev.reprise.workflow.model.Input;
import dev.reprise.workflow.model.Key;
import dev.reprise.workflow.model.RevertScope;
import dev.reprise.workflow.model.TaskOutcome;
import dev.reprise.workflow.model.TaskScope;
import dev.reprise.workflow.model.Workflow;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What a task can return, have and be. */
final class WorkflowTasksTest {
    private static final Key<String> IP = Key.of("ip", String.class);
    private final EventLog log = new EventLog();
    private final List<String> said = new CopyOnWriteArrayList<>();
    private final WorkflowRunner runner = WorkflowRunner.inMemory().listener(log).build();

    @Test
    void aTaskMayReturnAStage() throws Exception {
        Key<String> answer = Key.of("answer", String.class);
        Workflow flow =
                Workflows.linear(
                        "stages",
                        steps -> {
                            TaskStep<String> ask =
                                    steps.taskAsync(
                                            "ask",
                                            () -> CompletableFuture.supplyAsync(() -> "yes"));
                            steps.taskAsync(
                                            "shout",
                                            ask,
                                            it -> CompletableFuture.completedFuture(it + "!"))
                                    .provides(answer);
                        });

        assertEquals("yes!", runner.of(flow).executeOrThrow().get(answer));
    }

    @Test
    void aTaskThatExceedsItsLimitIsInterruptedAndHasFailed() {
        Workflow flow =
                Workflows.linear(
                        "flow",
                        steps -> {
                            steps.action("book", () -> said.add("book"))
                                    .revert(it -> said.add("cancel"));
                            steps.action("wait", this::waitForever).timeout(Duration.ofMillis(50));
                        });

        assertEquals(
                "attempt 1 timed out after 50ms",
                assertThrows(AttemptTimeoutException.class, () -> runner.of(flow).executeOrThrow())
                        .getMessage());
        assertEquals(List.of("book", "interrupted", "cancel"), said);
        assertEquals(
                "the timeout of a must be positive, but was 0s",
                assertThrows(
                                IllegalArgumentException.class,
                                () ->
                                        Workflows.linear(
                                                "flow",
                                                s -> s.task("a", () -> 1).timeout(Duration.ZERO)))
                        .getMessage());
    }

    private void waitForever() throws InterruptedException {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            said.add("interrupted");
            throw e;
        }
    }

    @Test
    void aStageThatFailsAndOneThatIsNullAreFailuresOfTheirTasks() {
        Broken broken = new Broken("a");
        Workflow failing =
                Workflows.linear(
                        "failing",
                        s -> s.taskAsync("a", () -> CompletableFuture.failedFuture(broken)));
        Workflow absent =
                Workflows.linear(
                        "absent", s -> s.taskAsync("a", WorkflowTasksTest::<String>noStage));

        assertEquals(broken, assertThrows(Broken.class, () -> runner.of(failing).executeOrThrow()));
        assertEquals(
                "the task 'a' returned null; it must return a CompletionStage",
                assertThrows(NullPointerException.class, () -> runner.of(absent).executeOrThrow())
                        .getMessage());
    }

    @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
    private static <T> CompletableFuture<T> noStage() {
        return null;
    }

    @Test
    void hooksRunAroundExecuteAndRevertAndATaskClassKnowsItsOutcome() {
        Workflow flow =
                Workflows.linear(
                        "hooks",
                        steps -> {
                            steps.task("first", () -> "result")
                                    .preExecute(c -> said.add("before " + c.getName()))
                                    .postExecute(result -> said.add("after " + result))
                                    .revert(result -> said.add("revert " + result))
                                    .preRevert(c -> said.add("before revert"))
                                    .postRevert(c -> said.add("after revert"));
                            steps.add(new Charge(said));
                        });

        Broken refused =
                assertThrows(Broken.class, () -> runner.of(flow).input(IP, "me").executeOrThrow());

        assertEquals("refused for me", refused.getMessage());
        assertEquals(
                List.of(
                        "before first",
                        "after result",
                        "undo refused for me, true, [charge]",
                        "before revert",
                        "revert result",
                        "after revert"),
                said);
    }

    private record Charge(List<String> said) implements BlockingTask<Integer> {
        @Override
        public String name() {
            return "charge";
        }

        @Override
        public List<Input<?>> requires() {
            return List.of(IP);
        }

        @Override
        public Integer execute(TaskScope scope) throws Broken {
            throw new Broken("refused for " + scope.get(IP));
        }

        @Override
        public Object revert(TaskOutcome<Integer> outcome, RevertScope scope) {
            Throwable failure = assertInstanceOf(TaskOutcome.Threw.class, outcome).getFailure();
            String causes = scope.causedBy(Broken.class) + ", " + scope.getFailures().keySet();
            return said.add("undo " + failure.getMessage() + ", " + causes);
        }
    }

    @Test
    void aRevertMayHaveItsOwnInputs() {
        Workflow flow =
                Workflows.linear(
                        "own",
                        steps -> {
                            steps.task("book", () -> 7)
                                    .revertOutcome(
                                            (outcome, c) -> said.add("undo for " + c.get(IP)))
                                    .revertRequires(IP);
                            steps.action(
                                    "fail",
                                    () -> {
                                        throw new Broken("x");
                                    });
                        });

        assertThrows(Broken.class, () -> runner.of(flow).input(IP, "me").executeOrThrow());

        assertEquals(List.of("undo for me"), said);
    }

    @Test
    void progressIsStoredAndReportedFromAParallelRunnerAsWell() throws Exception {
        for (int parallelism : List.of(1, 2)) {
            EventLog told = new EventLog();
            WorkflowRunner runner =
                    WorkflowRunner.inMemory().parallelism(parallelism).listener(told).build();
            Workflow flow = Workflows.linear("work", s -> s.action("long", c -> c.progress(0.5)));
            runner.of(flow).executeOrThrow();
            assertEquals(
                    List.of("work RUNNING", "long 0.5", "long SUCCESS", "work SUCCESS"),
                    told.lines);
        }
    }

    @Test
    void progressAfterTheEndOfTheTaskIsRejected() throws Exception {
        AtomicReference<TaskScope> kept = new AtomicReference<>();
        runner.of(Workflows.linear("work", s -> s.action("short", kept::set))).executeOrThrow();

        IllegalStateException refusal =
                assertThrows(IllegalStateException.class, () -> kept.get().progress(1));

        assertEquals("short has ended: report progress before it returns", refusal.getMessage());
    }
}
