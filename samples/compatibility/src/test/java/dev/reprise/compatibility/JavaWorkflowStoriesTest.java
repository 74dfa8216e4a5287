package dev.reprise.compatibility;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.reprise.interop.workflow.TaskStep;
import dev.reprise.interop.workflow.WorkflowRunner;
import dev.reprise.interop.workflow.Workflows;
import dev.reprise.workflow.model.Key;
import dev.reprise.workflow.model.RetryControllers;
import dev.reprise.workflow.model.Workflow;
import dev.reprise.workflow.model.WorkflowOutcome;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Workflows from Java. */
final class JavaWorkflowStoriesTest {
    private final List<String> log = new CopyOnWriteArrayList<>();
    @TempDir Path folder;

    private void greet(String socket) throws IOException {
        if (socket.contains("0.1")) {
            throw new IOException("unreachable");
        }
        log.add("hello on " + socket);
    }

    @Test
    void aControllerTriesTheNextValue() throws Exception {
        Key<String> ip = Key.of("ip", String.class);
        Workflow send =
                Workflows.linear(
                        "send",
                        RetryControllers.forEach(List.of("10.0.0.1", "10.0.0.2"), ip),
                        steps -> {
                            TaskStep<String> socket =
                                    steps.task("connect", ip, address -> "socket to " + address)
                                            .revert(it -> log.add("closed " + it));
                            steps.action("greet", socket, this::greet);
                        });
        try (WorkflowRunner runner = WorkflowRunner.inMemory().build()) {
            log.add("by " + runner.of(send).executeOrThrow().get(ip));
        }
        assertEquals(
                List.of("closed socket to 10.0.0.1", "hello on socket to 10.0.0.2", "by 10.0.0.2"),
                log);
    }

    @Test
    void tasksThatReturnStagesRunInParallel() throws Exception {
        Workflow two =
                Workflows.unordered(
                        "two",
                        steps -> {
                            steps.taskAsync("a", () -> CompletableFuture.supplyAsync(() -> 1));
                            steps.taskAsync("b", () -> CompletableFuture.supplyAsync(() -> 2));
                        });
        try (WorkflowRunner runner = WorkflowRunner.inMemory().parallelism(2).build()) {
            WorkflowOutcome outcome = runner.of(two).executeAsync().join();
            assertInstanceOf(WorkflowOutcome.Success.class, outcome);
        }
    }

    @Test
    void aRunOutlivesItsProcess() throws Exception {
        Path file = folder.resolve("runs.db");
        Workflow order =
                Workflows.linear(
                        "order",
                        steps -> {
                            TaskStep<String> goods =
                                    steps.task(
                                            "reserve",
                                            () -> {
                                                log.add("reserved");
                                                return "umbrella";
                                            });
                            steps.action("ship", goods, it -> log.add("shipped " + it));
                        });
        for (int start = 1; start <= 2; start++) {
            try (WorkflowRunner runner = WorkflowRunner.open(file).build()) {
                runner.of(order).id("order 42").executeOrThrow();
            }
            log.add("end " + start);
        }
        assertEquals(List.of("reserved", "shipped umbrella", "end 1", "end 2"), log);
    }
}
