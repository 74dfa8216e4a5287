package dev.reprise.interop.workflow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.reprise.workflow.model.ControllerDecision;
import dev.reprise.workflow.model.GraphNode;
import dev.reprise.workflow.model.InvalidWorkflowException;
import dev.reprise.workflow.model.Key;
import dev.reprise.workflow.model.RetryControllers;
import dev.reprise.workflow.model.Workflow;
import dev.reprise.workflow.model.WorkflowProblem;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What cannot work is rejected as early as possible, and the message names what is wrong. */
final class WorkflowRefusalTest {
    private static final Key<String> X = Key.of("x", String.class);
    private static final Key<String> Y = Key.of("y", String.class);

    private final WorkflowRunner runner = WorkflowRunner.inMemory().build();

    @Test
    void twoTasksWithTheSameName() {
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
                                    steps.action("b", Key.of("x", Integer.class), x -> {});
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
                                    GraphNode outside = steps.action("b", () -> {});
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
                                RetryControllers.forEach(List.of()),
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
        String message = "no task provides \"x\" for b, \"y\" for c in missing";
        refused(WorkflowProblem.MISSING_INPUT, message, () -> runner.of(flow).executeOrThrow());

        CompletionException later =
                assertThrows(
                        CompletionException.class,
                        () -> runner.of(flow).executeOrThrowAsync().join());
        assertEquals(message, later.getCause().getMessage());
    }

    @Test
    void aStoredRunWhoseWorkflowHasChanged() throws Exception {
        WorkflowRunner runner = WorkflowRunner.inMemory().build();
        Workflow before = Workflows.linear("flow", s -> s.action("a", () -> {}));
        Workflow after = Workflows.linear("flow", s -> s.action("b", () -> {}).version("2.0"));
        runner.of(before).id("run").executeOrThrow();

        refused(
                WorkflowProblem.CHANGED,
                "the stored run belongs to another version of flow: it had the task 1.0 a, it has the"
                        + " task 2.0 b",
                () -> runner.of(after).id("run").executeOrThrow());
    }

    @Test
    void numbersThatMakeNoSense() {
        assertEquals(
                "attempts must not be negative, but was -1",
                illegal(() -> RetryControllers.times(-1)));
        assertEquals(
                "parallelism must be at least 1, but was 0",
                illegal(() -> WorkflowRunner.inMemory().parallelism(0).build()));
        assertEquals(
                "delay must not be negative, but was -1s",
                illegal(() -> ControllerDecision.retry(Duration.ofSeconds(-1))));
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
    void aTaskCannotReadWhatItDoesNotRequire() {
        Workflow flow = Workflows.linear("flow", s -> s.action("a", c -> c.get(X)));
        assertEquals("a does not require x", illegal(() -> runner.of(flow).executeOrThrow()));
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
