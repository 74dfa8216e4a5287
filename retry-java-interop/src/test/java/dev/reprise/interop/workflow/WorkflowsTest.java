package dev.reprise.interop.workflow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.reprise.workflow.model.Key;
import dev.reprise.workflow.model.RetryControllers;
import dev.reprise.workflow.model.Workflow;
import dev.reprise.workflow.model.WorkflowOutcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

final class WorkflowsTest {
    private static final Key<String> IP = Key.of("ip", String.class);
    private static final Key<Integer> PORT = Key.of("port", Integer.class);
    private final EventLog log = new EventLog();
    private final List<String> said = new CopyOnWriteArrayList<>();
    private final WorkflowRunner runner = WorkflowRunner.inMemory().listener(log).build();

    @Test
    void theNextAddressIsTriedAndWhatTheFirstOneLeftBehindIsUndone() throws Exception {
        List<String> addresses = List.of("192.168.1.1", "192.168.1.2");
        Workflow send =
                Workflows.linear(
                        "send",
                        RetryControllers.forEach(addresses, IP),
                        steps -> {
                            TaskStep<String> socket =
                                    steps.task("connect", IP, ip -> "socket to " + ip)
                                            .revert(it -> said.add("closed " + it));
                            steps.action("send", socket, this::hello);
                        });

        assertEquals("192.168.1.2", runner.of(send).executeOrThrow().get(IP));

        assertEquals(
                List.of("closed socket to 192.168.1.1", "hello on socket to 192.168.1.2"), said);
        assertEquals(
                List.of(
                        "send RUNNING",
                        "send_retry SUCCESS",
                        "connect SUCCESS",
                        "send FAILURE",
                        "send REVERTING",
                        "send REVERTED",
                        "connect REVERTING",
                        "connect REVERTED",
                        "send_retry RETRYING",
                        "connect PENDING",
                        "send PENDING",
                        "send_retry SUCCESS",
                        "connect SUCCESS",
                        "send SUCCESS",
                        "send SUCCESS"),
                log.lines);
    }

    private void hello(String socket) throws Broken {
        if (socket.endsWith("1.1")) {
            throw new Broken("unreachable");
        }
        said.add("hello on " + socket);
    }

    @Test
    void aResultIsFoundByItsStepByItsKeyAndByTheKeysOfItsParts() throws Exception {
        Key<Map.Entry<String, Integer>> whole = Key.of("address", Map.Entry.class);
        AtomicReference<TaskStep<Map.Entry<String, Integer>>> parse = new AtomicReference<>();
        Workflow flow =
                Workflows.linear(
                        "parts",
                        steps -> {
                            parse.set(
                                    steps.task("parse", () -> Map.entry("localhost", 80))
                                            .provides(whole)
                                            .provides(IP, Map.Entry::getKey)
                                            .provides(PORT, Map.Entry::getValue));
                            steps.action(
                                    "check", IP, PORT, (ip, port) -> said.add(ip + ":" + port));
                        });

        WorkflowOutcome outcome = runner.of(flow).executeOrThrow();

        assertEquals(List.of("localhost:80"), said);
        assertEquals(Map.entry("localhost", 80), outcome.get(whole));
        assertEquals(Map.entry("localhost", 80), outcome.get(parse.get()));
        assertEquals(80, outcome.get(PORT));
    }

    @Test
    void inputsInjectedValuesOtherNamesAndDefaults() throws Exception {
        Key<String> other = Key.of("other", String.class);
        Workflow flow =
                Workflows.unordered(
                        "lookup",
                        steps -> {
                            steps.action("input", IP, ip -> said.add("input " + ip));
                            steps.action("injected", IP, ip -> said.add("injected " + ip))
                                    .inject(IP, "own");
                            steps.action("rebound", c -> said.add("rebound " + c.get(IP)))
                                    .rebind(IP, other);
                            steps.action("default", c -> said.add("default " + c.get(PORT)))
                                    .optional(PORT, 8080);
                        });

        runner.of(flow).input(IP, "store").input(other, "elsewhere").executeOrThrow();

        assertEquals(
                List.of("input store", "injected own", "rebound elsewhere", "default 8080"), said);
    }

    @Test
    void mapAndReduce() throws Exception {
        Key<Integer> a = Key.of("a", Integer.class);
        Key<Integer> b = Key.of("b", Integer.class);
        Key<Integer> x = Key.of("x", Integer.class);
        Key<Integer> y = Key.of("y", Integer.class);
        Key<Integer> sum = Key.of("sum", Integer.class);
        Workflow flow =
                Workflows.graph(
                        "sums",
                        steps -> {
                            steps.reduceTask("add", List.of(x, y), Integer::sum).provides(sum);
                            steps.mapTask("double", List.of(a, b), List.of(x, y), it -> it * 2);
                        });

        assertEquals(14, runner.of(flow).input(a, 3).input(b, 4).executeOrThrow().get(sum));
    }

    @Test
    void aDeciderSkipsATaskAndAllAfterIt() throws Exception {
        AtomicReference<TaskStep<String>> skipped = new AtomicReference<>();
        Workflow flow =
                Workflows.graph(
                        "choice",
                        steps -> {
                            TaskStep<Integer> look = steps.task("look", () -> 1);
                            TaskStep<String> never = steps.task("skipped", () -> "never");
                            skipped.set(never);
                            Workflow after = steps.linear("after", s -> s.action("a", () -> {}));
                            steps.link(look, never, results -> results.get(look).equals(2));
                            steps.link(never, after);
                        });

        assertNull(runner.of(flow).executeOrThrow().getValues().getOrNull(skipped.get()));

        assertEquals(
                List.of(
                        "choice RUNNING",
                        "look SUCCESS",
                        "skipped IGNORE",
                        "a IGNORE",
                        "choice SUCCESS"),
                log.lines);
    }

    @Test
    void higherPriorityStartsFirstAndIsRevertedFirst() throws Exception {
        Workflow flow =
                Workflows.linear(
                        "priorities",
                        steps -> {
                            steps.unordered(
                                    "tasks",
                                    s -> {
                                        s.action("low", () -> said.add("low"))
                                                .revert(nothing -> said.add("undo low"));
                                        s.action("high", () -> said.add("high"))
                                                .revert(nothing -> said.add("undo high"))
                                                .priority(5);
                                    });
                            steps.action(
                                    "fails",
                                    () -> {
                                        throw new Broken("x");
                                    });
                        });

        assertInstanceOf(WorkflowOutcome.Reverted.class, runner.of(flow).execute());

        assertEquals(List.of("high", "low", "undo high", "undo low"), said);
    }

    @Test
    void aWorkflowIsADefinitionThatRunsManyTimes() throws Exception {
        Workflow flow = Workflows.linear("flow", s -> s.action("a", IP, said::add));
        for (String ip : List.of("1", "2", "3")) {
            runner.of(flow).input(IP, ip).executeOrThrow();
        }
        assertEquals(List.of("1", "2", "3"), new ArrayList<>(said));
    }
}
