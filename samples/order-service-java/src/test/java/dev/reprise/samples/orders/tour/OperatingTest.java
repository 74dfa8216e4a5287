package dev.reprise.samples.orders.tour;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.queue.QueueOperator;
import dev.reprise.queue.model.AttemptError;
import dev.reprise.queue.model.CallState;
import dev.reprise.queue.model.PayloadCodec;
import dev.reprise.queue.model.Target;
import dev.reprise.queue.operate.ActionResult;
import dev.reprise.queue.operate.Actor;
import dev.reprise.queue.operate.AuditEntry;
import dev.reprise.queue.operate.CallQuery;
import dev.reprise.queue.operate.CallSummary;
import dev.reprise.queue.operate.Group;
import dev.reprise.queue.operate.GroupBy;
import dev.reprise.queue.operate.OperatorAction;
import dev.reprise.queue.operate.Page;
import java.net.ConnectException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** The examples of the guide about lists and actions. */
class OperatingTest {
    private final VirtualTime time = new VirtualTime();

    @Test
    void anOperatorFindsWhatIsWrongActsAndFindsHimselfInTheAudit() throws Exception {
        AtomicBoolean isDown = new AtomicBoolean(true);

        // docs:begin operate-labels
        Target<String, String> charge =
                new Target<>(
                        "charge",
                        PayloadCodec.Text,
                        PayloadCodec.Text,
                        1,
                        order -> "charge " + order); // the title in lists
        QueueRunner queue =
                QueueRunner.inMemory(time)
                        .handle(
                                charge,
                                (context, order) -> {
                                    if (isDown.get()) throw new ConnectException("refused");
                                    return order + " charged";
                                })
                        .build()
                        .start();
        for (int order = 1; order <= 40; order++) {
            queue.enqueue(
                    charge,
                    "order " + order,
                    c ->
                            c.tags("tenant:42", "import") // people find it by these
                                    .header("traceparent", "00-4bf9-00f0-01") // for programs
                                    .policy("every(1m) maxAttempts(1)"));
        }
        // docs:end
        time.advanceBy(Duration.ofSeconds(1));
        isDown.set(false);

        // docs:begin operate
        QueueOperator operator = queue.operator(new Actor("ada"));
        CallQuery dead = CallQuery.ALL.states(CallState.DEAD);
        Group worst =
                time.await(operator.groupsAsync(dead, Set.of(GroupBy.HANDLER, GroupBy.ERROR_TYPE)))
                        .get(0); // "charge java.net.ConnectException: 40"
        List<AttemptError> errors = queue.errors(worst.getSampleCid()); // messages, causes, traces
        CallQuery alike = dead.handlers("charge").errorTypes(errors.get(0).getType());
        OperatorAction replay =
                new OperatorAction.Replay(10.0); // one every 100 ms, whether anybody runs or not
        ActionResult plan = time.await(operator.actAsync(replay, alike)); // a dry run
        time.await(operator.actAsync(replay, alike, false, "the gateway is back"));
        AuditEntry entry = time.await(operator.auditAsync()).getItems().get(0); // who, what, why
        // docs:end
        assertEquals("charge java.net.ConnectException: 40", worst.toString());
        assertEquals(40, plan.getChanged());
        assertEquals("replay 10.0/s", entry.getAction());
        assertEquals("the gateway is back", entry.getReason());
        assertEquals(new Actor("ada"), entry.getActor());
        assertEquals(40, entry.getChanged());
        time.advanceBy(Duration.ofSeconds(5));
        assertEquals("[CallCount(charge, SUCCEEDED, 40)]", queue.counts().toString());
        queue.close();
    }

    @Test
    void aListContinuesWhereItsLastPageEnded() throws Exception {
        try (QueueRunner queue = QueueRunner.inMemory(time).build()) {
            for (int order = 0; order < 3; order++) {
                String title = "order " + order;
                queue.enqueue(Target.text("charge"), title, c -> c.title(title));
            }
            // docs:begin operate-pages
            QueueOperator operator = queue.operator(new Actor("ada"));
            CallQuery query = CallQuery.parse("state=ready&handler=charge"); // the form of its text
            Page<CallSummary> page = time.await(operator.callsAsync(query, null, 2));
            Page<CallSummary> more = time.await(operator.callsAsync(query, page.getNext()));
            // docs:end
            assertEquals("order 1", page.getItems().get(1).getTitle());
            assertEquals("order 2", more.getItems().get(0).getTitle());
        }
    }
}
