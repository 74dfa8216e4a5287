package dev.reprise.samples.tour;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.reprise.interop.RetryRunner;
import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.interop.workflow.TaskStep;
import dev.reprise.interop.workflow.WorkflowRunner;
import dev.reprise.interop.workflow.Workflows;
import dev.reprise.queue.model.CallHandle;
import dev.reprise.queue.model.PayloadCodec;
import dev.reprise.queue.model.Target;
import dev.reprise.workflow.DurableWorkflows;
import dev.reprise.workflow.model.Inputs;
import dev.reprise.workflow.model.Key;
import dev.reprise.workflow.model.RetryControllers;
import dev.reprise.workflow.model.Workflow;
import dev.reprise.workflow.model.WorkflowOutcome;
import dev.reprise.workflow.model.WorkflowState;
import dev.reprise.workflow.operate.RunPage;
import dev.reprise.workflow.operate.RunQuery;
import dev.reprise.workflow.operate.RunSnapshot;
import dev.reprise.workflow.operate.WorkflowStructure;
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
        Key<String> ip = Key.of("ip", String.class);
        Workflow send =
                Workflows.linear(
                        "send",
                        RetryControllers.forEach(List.of("192.168.1.1", "192.168.1.2"), ip),
                        steps -> {
                            TaskStep<String> socket =
                                    steps.task("connect", ip, this::open).revert(this::close);
                            steps.action("greet", socket, this::greet);
                        });
        // throws what ended the run if it did not succeed; …Async returns a CompletableFuture
        WorkflowOutcome outcome = WorkflowRunner.inMemory().build().of(send).executeOrThrow();
        said.add("by " + outcome.get(ip));
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
                                    RetryControllers.byPolicy(quickly.getPolicy()),
                                    payment -> payment.action("charge", this::charge));
                        });
        // docs:end
        WorkflowRunner.inMemory().build().of(order).executeOrThrow();
        assertEquals(List.of("reserved", "charged"), said);
    }

    @Test
    void aGraphRunsInTheOrderOfItsValuesAndLinks() throws Exception {
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
                            // skipped, with everything after it, if not
                            steps.link(sum, alarm, results -> results.get(sum) > 100);
                        });
        WorkflowRunner parallel = WorkflowRunner.inMemory().parallelism(4).build();
        WorkflowOutcome outcome = parallel.of(report).execute(); // never throws what ended it
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
            try (WorkflowRunner runner = WorkflowRunner.open(file).build()) {
                // continues the run of that id if there is one
                runner.of(flow).id("order 42").executeOrThrow();
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
        Key<String> traveller = Key.of("traveller", String.class);
        Key<String> ticket = Key.of("ticket", String.class);
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
        Target<Inputs, String> booking =
                DurableWorkflows.workflowTarget("booking", PayloadCodec.Text);
        // on a store that all workers share
        try (WorkflowRunner runner = WorkflowRunner.open(file).build()) {
            try (QueueRunner queue =
                    QueueRunner.open(file)
                            .handleWorkflow(booking, trip, runner, end -> end.get(ticket))
                            .build()
                            .start()) {
                CallHandle<String> call =
                        queue.enqueue(
                                booking, Inputs.of(traveller, "Ada"), c -> c.uniqueKey("trip 7"));
                said.add(call.resultAsync().join());
            }
        }
        // docs:end
        assertEquals(List.of("booked LH 1 for Ada", "LH 1 for Ada"), said);
    }

    @Test
    void aRunIsUndoneOnDemand() throws Exception {
        Path file = folder.resolve("undone.db");
        Key<String> ticket = Key.of("ticket", String.class);
        Workflow trip =
                Workflows.linear(
                        "trip",
                        steps ->
                                steps.task("flight", () -> "LH 1")
                                        .provides(ticket)
                                        .revert(this::cancelFlight));
        try (WorkflowRunner runner = WorkflowRunner.open(file).build()) {
            // docs:begin workflow-undo
            Target<Inputs, String> booking =
                    DurableWorkflows.workflowTarget("booking", PayloadCodec.Text);
            try (QueueRunner queue =
                    QueueRunner.open(file)
                            .handleWorkflow(booking, trip, runner, end -> end.get(ticket))
                            .build()
                            .start()) {
                CallHandle<String> call = queue.enqueue(booking, Inputs.NONE);
                call.resultAsync().join();
                // a durable call: retried, found and replayed like any other
                queue.enqueue(DurableWorkflows.undoTarget(booking), call.getCid())
                        .resultAsync()
                        .join();
                // the same in this process; what is undone stays undone
                runner.undo(trip, call.getCid());
            }
            // docs:end
        }
        assertEquals(List.of("cancelled LH 1"), said);
    }

    @Test
    void runsAreFoundAndDrawn() throws Exception {
        WorkflowRunner runner = WorkflowRunner.inMemory().build();
        Workflow flow =
                Workflows.linear(
                        "order", steps -> steps.action("reserve", () -> said.add("reserved")));
        runner.of(flow).id("order 42").execute();
        // docs:begin workflow-runs
        RunPage page = runner.runs(RunQuery.ALL.states(WorkflowState.SUCCESS).workflow("order"));
        // page.getNext() is the cursor of the next page
        page.getRuns().forEach(it -> said.add(it.getId() + ": " + it.getState()));
        // also while a runner owns the run, in whatever process; null if there is none
        RunSnapshot seen = runner.read("order 42");
        // a flowchart with the states drawn in; toDot() for Graphviz
        System.out.println(seen.toMermaid());
        // the workflow alone
        System.out.println(WorkflowStructure.of(flow).toMermaid());
        // docs:end
        assertEquals(List.of("reserved", "order 42: SUCCESS"), said);
    }

    @Test
    void suspendInspectContinue() throws Exception {
        WorkflowRunner runner = WorkflowRunner.inMemory().build();
        Workflow flow = Workflows.linear("flow", steps -> steps.action("a", () -> said.add("a")));
        // docs:begin workflow-run
        try (WorkflowRunner.Run run = runner.of(flow).id("order 42").open()) {
            run.execute(); // requestSuspension() suspends it; execute() again continues
            run.records().forEach(it -> said.add(it.getName() + ": " + it.getState()));
        } // releases the run, for any runner to continue
        // docs:end
        assertEquals(List.of("a", "a: SUCCESS"), said);
    }
}
