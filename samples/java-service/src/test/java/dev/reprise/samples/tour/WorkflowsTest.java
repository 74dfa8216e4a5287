package dev.reprise.samples.tour;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.reprise.interop.RetryRunner;
import dev.reprise.interop.queue.CallCodec;
import dev.reprise.interop.queue.CallTarget;
import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.interop.queue.QueuedCall;
import dev.reprise.interop.workflow.DurableWorkflows;
import dev.reprise.interop.workflow.Keys;
import dev.reprise.interop.workflow.OpenRun;
import dev.reprise.interop.workflow.TaskStep;
import dev.reprise.interop.workflow.WorkflowRetry;
import dev.reprise.interop.workflow.WorkflowRunner;
import dev.reprise.interop.workflow.WorkflowStores;
import dev.reprise.interop.workflow.Workflows;
import dev.reprise.workflow.InMemoryWorkflowStore;
import dev.reprise.workflow.JdbcWorkflowStore;
import dev.reprise.workflow.model.Inputs;
import dev.reprise.workflow.model.Key;
import dev.reprise.workflow.model.Workflow;
import dev.reprise.workflow.model.WorkflowOutcome;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WorkflowsTest {
    private final List<String> said = new CopyOnWriteArrayList<>();
    private int calls;
    @TempDir private Path folder;

    private String open(String address) {
        return "socket to " + address;
    }

    private void close(String socket) {
        said.add("closed " + socket);
    }

    private void greet(String socket) throws IOException {
        if (socket.contains("1.1")) {
            throw new IOException("unreachable");
        }
        said.add("hello on " + socket);
    }

    private void charge() throws IOException {
        if (++calls < 3) {
            throw new IOException("busy");
        }
        said.add("charged");
    }

    @Test
    void executeRevertAndAControllerThatTriesTheNextValue() throws Exception {
        // docs:begin workflow
        Key<String> ip = Keys.of("ip", String.class);
        Workflow send =
                Workflows.linear(
                        "send",
                        WorkflowRetry.forEach(List.of("192.168.1.1", "192.168.1.2")).provides(ip),
                        steps -> {
                            TaskStep<String> socket =
                                    steps.task("connect", ip, this::open).revert(this::close);
                            steps.action("greet", socket, this::greet);
                        });
        // run throws what ended it, if that is not success; runAsync gives a CompletableFuture
        WorkflowOutcome outcome = WorkflowRunner.builder().build().of(send).run();
        said.add("by " + outcome.getValues().get(ip));
        // docs:end
        assertEquals(
                List.of(
                        "closed socket to 192.168.1.1",
                        "hello on socket to 192.168.1.2",
                        "by 192.168.1.2"),
                said);
    }

    @Test
    void waitsBetweenTheAttemptsOfAPartByAPolicy() throws Exception {
        // docs:begin workflow-policy
        RetryRunner quickly =
                RetryRunner.builder()
                        .every(Duration.ofMillis(1))
                        .on(IOException.class)
                        .maxAttempts(5)
                        .build();
        Workflow order =
                Workflows.linear(
                        "order",
                        steps -> {
                            steps.action("reserve", () -> said.add("reserved"))
                                    .revert(nothing -> said.add("released"));
                            steps.linear(
                                    "payment",
                                    WorkflowRetry.byPolicy(quickly),
                                    payment -> payment.action("charge", this::charge));
                        });
        // docs:end
        WorkflowRunner.builder().build().of(order).run();
        assertEquals(List.of("reserved", "charged"), said);
    }

    @Test
    void aGraphRunsAsItsValuesAndLinksAskFor() throws Exception {
        // docs:begin workflow-graph
        Workflow report =
                Workflows.graph(
                        "report",
                        steps -> {
                            TaskStep<List<Integer>> numbers =
                                    steps.task("numbers", () -> List.of(1, 2, 3));
                            // runs after what it requires
                            TaskStep<Integer> sum =
                                    steps.task(
                                            "sum",
                                            numbers,
                                            all -> all.stream().reduce(0, Integer::sum));
                            TaskStep<Void> alarm = steps.action("alarm", () -> said.add("alarm"));
                            // passed over, with all after it, if not
                            steps.link(sum, alarm, results -> results.get(sum) > 100);
                        });
        WorkflowRunner parallel = WorkflowRunner.builder().parallelism(4).build();
        WorkflowOutcome outcome = parallel.of(report).outcome(); // never throws what ended it
        // docs:end
        assertInstanceOf(WorkflowOutcome.Success.class, outcome);
        assertEquals(List.of(), said);
    }

    @Test
    void aRunOutlivesItsProcess() throws Exception {
        Path file = folder.resolve("runs.db");
        Workflow flow = Workflows.linear("flow", steps -> steps.action("a", () -> said.add("a")));
        for (int start = 1; start <= 2; start++) {
            // docs:begin workflow-store
            try (JdbcWorkflowStore store = WorkflowStores.sqlite(file)) {
                WorkflowRunner runner = WorkflowRunner.builder().store(store).build();
                runner.of(flow).id("order 42").run(); // goes on where that run was, if there is one
            }
            // docs:end
        }
        assertEquals(List.of("a"), said);
    }

    private String fly(String traveller) {
        return "LH 1 for " + traveller;
    }

    private void cancelFlight(String ticket) {
        said.add("cancelled " + ticket);
    }

    @Test
    void aWorkflowIsADurableCallAndItsResultTheResponse() throws Exception {
        Path file = folder.resolve("trips.db");
        // docs:begin workflow-queue
        Key<String> traveller = Keys.of("traveller", String.class);
        Key<String> ticket = Keys.of("ticket", String.class);
        Workflow trip =
                Workflows.linear(
                        "trip",
                        steps -> {
                            TaskStep<String> flight =
                                    steps.task("flight", traveller, this::fly)
                                            .provides(ticket)
                                            .revert(this::cancelFlight);
                            steps.action("tell", flight, it -> said.add("booked " + it));
                        });
        CallTarget<Inputs, String> booking = DurableWorkflows.target("booking", CallCodec.text());
        try (JdbcWorkflowStore store = WorkflowStores.sqlite(file)) { // that all workers share
            WorkflowRunner runner = WorkflowRunner.builder().store(store).build();
            try (QueueRunner queue =
                    QueueRunner.sqlite(file)
                            .handle(
                                    booking,
                                    DurableWorkflows.handler(
                                            trip, runner, end -> end.getValues().get(ticket)))
                            .build()
                            .start()) {
                QueuedCall<String> call =
                        queue.enqueue(
                                booking, Inputs.of(traveller, "Ada"), c -> c.uniqueKey("trip 7"));
                said.add(call.result().join());
            }
        }
        // docs:end
        assertEquals(List.of("booked LH 1 for Ada", "LH 1 for Ada"), said);
    }

    @Test
    void suspendLookGoOn() throws Exception {
        WorkflowRunner runner = WorkflowRunner.builder().store(new InMemoryWorkflowStore()).build();
        Workflow flow = Workflows.linear("flow", steps -> steps.action("a", () -> said.add("a")));
        // docs:begin workflow-run
        try (OpenRun run = runner.of(flow).id("order 42").open()) {
            run.outcome(); // requestSuspension() from elsewhere lets it rest; outcome() again
            // goes on
            run.records().forEach(it -> said.add(it.getName() + ": " + it.getState()));
        } // gives the run back, for any runner to go on with
        // docs:end
        assertEquals(List.of("a", "a: SUCCESS"), said);
    }
}
