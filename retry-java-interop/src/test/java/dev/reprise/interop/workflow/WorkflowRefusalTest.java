package dev.reprise.interop.workflow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.reprise.workflow.InMemoryWorkflowStore;
import dev.reprise.workflow.model.InvalidWorkflowException;
import dev.reprise.workflow.model.Key;
import dev.reprise.workflow.model.Workflow;
import dev.reprise.workflow.model.WorkflowProblem;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What cannot work is refused as early as it can be known, and the message names the culprits. */
final class WorkflowRefusalTest {
    private static final Key<String> X = Keys.of("x", String.class);
    private static final Key<String> Y = Keys.of("y", String.class);

    private final WorkflowRunner runner = WorkflowRunner.builder().build();

    @Test
    void twoTasksOfOneName() {
        refused(
                WorkflowProblem.DUPLICATE_NAME,
                "two atoms are named a: one in outer, one in inner",
                () ->
                        Workflows.linear(
                                "outer",
                                steps -> {
                                    steps.action("a", () -> {});
                                    steps.linear("inner", s -> s.action("a", () -> {}));
                                }));
    }

    @Test
    void tasksThatWaitForEachOther() {
        refused(
                WorkflowProblem.CYCLE,
                "in the graph g, a -> b -> a wait for each other",
                () ->
                        Workflows.graph(
                                "g",
                                steps -> {
                                    steps.task("a", Y, y -> y).provides(X);
                                    steps.task("b", X, x -> x).provides(Y);
                                }));
    }

    @Test
    void aValueOfAnotherType() {
        refused(
                WorkflowProblem.WRONG_TYPE,
                "b requires \"x\" as Integer, but a provides it as String",
                () ->
                        Workflows.linear(
                                "types",
                                steps -> {
                                    steps.task("a", () -> "").provides(X);
                                    steps.action("b", Keys.of("x", Integer.class), x -> {});
                                }));
    }

    @Test
    void aLinkOutOfTheGraph() {
        refused(
                WorkflowProblem.BAD_LINK,
                "the link from a to b leaves the graph inner: b is no child of it",
                () ->
                        Workflows.linear(
                                "outer",
                                steps -> {
                                    Step outside = steps.action("b", () -> {});
                                    steps.graph(
                                            "inner", s -> s.link(s.action("a", () -> {}), outside));
                                }));
    }

    @Test
    void nothingToTry() {
        refused(
                WorkflowProblem.NOTHING_TO_TRY,
                "the controller none_retry has no values to try",
                () ->
                        Workflows.linear(
                                "none",
                                WorkflowRetry.forEach(List.of()),
                                s -> s.action("a", () -> {})));
    }

    @Test
    void missingInputsAllOfThemAndBeforeAnythingRuns() {
        Workflow flow =
                Workflows.linear(
                        "missing",
                        steps -> {
                            steps.action(
                                    "a",
                                    () -> {
                                        throw new AssertionError("must not run");
                                    });
                            steps.action("b", X, x -> {});
                            steps.action("c", Y, y -> {});
                        });
        String message = "nobody provides \"x\" for b, \"y\" for c in missing";
        refused(WorkflowProblem.MISSING_INPUT, message, () -> runner.of(flow).run());

        CompletionException later =
                assertThrows(CompletionException.class, () -> runner.of(flow).runAsync().join());
        assertEquals(message, later.getCause().getMessage());
    }

    @Test
    void aStoredRunWhoseWorkflowHasChanged() throws Exception {
        WorkflowRunner runner = WorkflowRunner.builder().store(new InMemoryWorkflowStore()).build();
        Workflow before = Workflows.linear("flow", s -> s.action("a", () -> {}));
        Workflow after = Workflows.linear("flow", s -> s.action("b", () -> {}).version("2.0"));
        runner.of(before).id("run").run();

        refused(
                WorkflowProblem.CHANGED,
                "the stored run is not one of flow as it is now: it had the task 1.0 a, it has the"
                        + " task 2.0 b",
                () -> runner.of(after).id("run").run());
    }

    @Test
    void numbersThatMakeNoSense() {
        assertEquals(
                "attempts must not be negative, but was -1",
                illegal(() -> WorkflowRetry.times(-1)));
        assertEquals(
                "parallelism must be positive, but was 0",
                illegal(() -> WorkflowRunner.builder().parallelism(0)));
        assertEquals(
                "after must not be negative, but was PT-1S",
                illegal(() -> ControllerDecision.retryAfter(Duration.ofSeconds(-1))));
        assertEquals(
                "double maps 2 inputs to 1 keys",
                illegal(
                        () ->
                                Workflows.graph(
                                        "g",
                                        s ->
                                                s.mapTask(
                                                        "double",
                                                        List.of(X, Y),
                                                        List.of(X),
                                                        it -> it))));
    }

    @Test
    void whatATaskDoesNotRequireItCannotRead() {
        Workflow flow = Workflows.linear("flow", s -> s.action("a", c -> c.get(X)));
        assertEquals("a does not require x", illegal(() -> runner.of(flow).run()));
    }

    private static String illegal(Executable code) {
        return String.valueOf(assertThrows(IllegalArgumentException.class, code).getMessage());
    }

    private static void refused(WorkflowProblem problem, String message, Executable code) {
        InvalidWorkflowException refusal = assertThrows(InvalidWorkflowException.class, code);
        assertEquals(message, refusal.getMessage());
        assertEquals(problem, refusal.getProblem());
    }
}
