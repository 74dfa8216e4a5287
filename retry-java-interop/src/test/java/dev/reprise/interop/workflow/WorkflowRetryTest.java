package dev.reprise.interop.workflow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.reprise.RetryPolicy;
import dev.reprise.interop.RetryRunner;
import dev.reprise.interop.function.BlockingController;
import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.workflow.model.ControllerAttempt;
import dev.reprise.workflow.model.ControllerDecision;
import dev.reprise.workflow.model.ControllerHistory;
import dev.reprise.workflow.model.Key;
import dev.reprise.workflow.model.RetryController;
import dev.reprise.workflow.model.RetryControllers;
import dev.reprise.workflow.model.TaskOutcome;
import dev.reprise.workflow.model.Workflow;
import dev.reprise.workflow.model.WorkflowOutcome;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

final class WorkflowRetryTest {
    private static final Key<Integer> SIZE = Key.of("size", Integer.class);
    private static final Key<Integer> ATTEMPT = Key.of("attempt", Integer.class);

    private final List<String> said = new CopyOnWriteArrayList<>();
    private final WorkflowRunner runner = WorkflowRunner.inMemory().build();

    @Test
    void timesProvidesTheNumberOfTheAttempt() throws Exception {
        Workflow flow =
                Workflows.linear(
                        "flow",
                        RetryControllers.times(3, ATTEMPT, "thrice"),
                        steps -> steps.action("a", ATTEMPT, this::failTwice));

        try (WorkflowRunner.Run run = runner.of(flow).open()) {
            run.executeOrThrow();
            assertEquals(List.of("attempt 1", "attempt 2", "attempt 3"), said);
            ControllerHistory history = run.history("thrice");
            assertEquals(3, history.getSize());
            assertEquals(2, history.getAttempts().get(1).getValue());
            assertEquals(
                    List.of("a"), List.copyOf(history.getAttempts().get(1).getFailures().keySet()));
        }
    }

    private void failTwice(int attempt) throws IOException {
        said.add("attempt " + attempt);
        if (attempt < 3) {
            throw new IOException("attempt " + attempt);
        }
    }

    @Test
    void theListOfAParameterizedForEachIsAnInput() throws Exception {
        Key<List<Integer>> sizes = Key.of("sizes", List.class);
        Workflow flow =
                Workflows.linear(
                        "flow",
                        RetryControllers.parameterizedForEach(sizes, SIZE),
                        steps -> steps.action("a", SIZE, this::onlySmall));

        runner.of(flow).input(sizes, List.of(8, 4, 2)).executeOrThrow();

        assertEquals(List.of("8", "4", "2"), said);
    }

    private void onlySmall(int size) throws Broken {
        said.add("" + size);
        if (size > 2) {
            throw new Broken("too large");
        }
    }

    @Test
    void alwaysRevertDefersToTheOuterControllerAndAlwaysRevertAllDoesNot() throws Exception {
        assertEquals(
                List.of("undo inner", "undo outer", "undo inner", "undo outer"),
                undone(RetryControllers.alwaysRevert()));
        assertEquals(
                List.of("undo inner", "undo outer"), undone(RetryControllers.alwaysRevertAll()));
        assertEquals(
                List.of("undo inner", "undo outer"),
                undone(RetryControllers.times(1, null, null, true)));
    }

    /** What is reverted, and how often, if the outer controller would make two attempts. */
    private List<String> undone(RetryController<?> inner) throws InterruptedException {
        said.clear();
        Workflow flow =
                Workflows.linear(
                        "outer",
                        RetryControllers.times(2),
                        steps -> {
                            steps.action("a", () -> {}).revert(it -> said.add("undo outer"));
                            steps.linear(
                                    "inner",
                                    inner,
                                    s -> {
                                        s.action("b", () -> {})
                                                .revert(it -> said.add("undo inner"));
                                        s.action(
                                                "c",
                                                () -> {
                                                    throw new Broken("c");
                                                });
                                    });
                        });
        assertInstanceOf(WorkflowOutcome.Reverted.class, runner.of(flow).execute());
        return List.copyOf(said);
    }

    @Test
    void withoutDeferredRevertsTheOuterWorkflowIsLeftAndTheReportSaysSo() throws Exception {
        Workflow flow =
                Workflows.linear(
                        "outer",
                        steps -> {
                            steps.action("a", () -> {}).revert(it -> said.add("undo a"));
                            steps.linear(
                                    "inner",
                                    RetryControllers.times(1),
                                    s ->
                                            s.action(
                                                    "b",
                                                    () -> {
                                                        throw new Broken("b");
                                                    }));
                        });

        WorkflowOutcome outcome =
                WorkflowRunner.inMemory().deferReverts(false).build().of(flow).execute();

        WorkflowOutcome.Reverted reverted =
                assertInstanceOf(WorkflowOutcome.Reverted.class, outcome);
        assertEquals(List.of("a"), reverted.getReport().getNotReverted());
        assertEquals(List.of(), said);
    }

    @Test
    void aPolicyDecidesWhichFailuresAreWorthAnotherAttempt() throws Exception {
        RetryRunner quick =
                RetryRunner.builder()
                        .every(Duration.ofMillis(1))
                        .on(IOException.class)
                        .maxAttempts(3)
                        .build();
        Workflow io =
                Workflows.linear(
                        "io",
                        RetryControllers.byPolicy(quick.getPolicy(), ATTEMPT),
                        steps -> steps.action("a", ATTEMPT, this::failTwice));
        Workflow other =
                Workflows.linear(
                        "other",
                        RetryControllers.byPolicy(quick.getPolicy()),
                        steps ->
                                steps.action(
                                        "a",
                                        () -> {
                                            said.add("other");
                                            throw new Broken("other");
                                        }));

        runner.of(io).executeOrThrow();
        assertThrows(Broken.class, () -> runner.of(other).executeOrThrow());

        assertEquals(List.of("attempt 1", "attempt 2", "attempt 3", "other"), said);
    }

    @Test
    void theDelaysOfAPolicyPassInVirtualTime() throws Exception {
        VirtualTime time = new VirtualTime();
        Workflow flow =
                Workflows.linear(
                        "flow",
                        RetryControllers.byPolicy(
                                RetryPolicy.parse("every(1h) maxAttempts(4)"), ATTEMPT),
                        steps -> steps.action("a", ATTEMPT, this::failTwice));

        WorkflowRunner.inMemory().time(time).build().of(flow).executeOrThrow();
        assertEquals(Duration.ofHours(2), time.elapsed());
        CompletableFuture<WorkflowOutcome> future =
                WorkflowRunner.inMemory()
                        .time(time)
                        .parallelism(2)
                        .build()
                        .of(flow)
                        .executeOrThrowAsync();
        assertInstanceOf(WorkflowOutcome.Success.class, time.await(future));
    }

    @Test
    void aCustomControllerDecidesByTheHistoryAndProvidesAnyValue() throws Exception {
        Workflow flow =
                Workflows.linear(
                        "flow",
                        Workflows.controller(new Halving()),
                        steps ->
                                steps.action("a", SIZE, this::onlySmall)
                                        .revertOutcome((outcome, c) -> said.add(words(outcome))));

        runner.of(flow).executeOrThrow();

        assertEquals(List.of("8", "Threw", "4", "Threw", "2"), said);
    }

    private static String words(TaskOutcome<?> outcome) {
        return outcome.getClass().getSimpleName();
    }

    private static final class Halving implements BlockingController<Integer> {
        @Override
        public Key<? super Integer> provides() {
            return SIZE;
        }

        @Override
        public Integer execute(ControllerHistory history) {
            return 8 >> history.getSize();
        }

        @Override
        public ControllerDecision onFailure(ControllerHistory history) {
            return history.causedBy(Broken.class)
                    ? ControllerDecision.retry(Duration.ofMillis(1))
                    : ControllerDecision.revertAll();
        }
    }

    @Test
    void aCustomControllerIsTestedWithAHistoryByHand() {
        Map<String, Throwable> broken = Map.of("a", new RuntimeException(new Broken("x")));
        Map<String, Throwable> other = Map.of("a", new IOException("x"));

        assertEquals(
                ControllerDecision.retry(Duration.ofMillis(1)),
                new Halving().onFailure(after(broken)));
        assertEquals(ControllerDecision.revertAll(), new Halving().onFailure(after(other)));
    }

    private static ControllerHistory after(Map<String, Throwable> failures) {
        return ControllerHistory.of(List.of(ControllerAttempt.of(8, failures)));
    }
}
