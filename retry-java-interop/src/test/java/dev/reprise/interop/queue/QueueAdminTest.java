package dev.reprise.interop.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.policy.RetryPolicyParseException;
import dev.reprise.queue.model.CallCount;
import dev.reprise.queue.model.CallOutcome;
import dev.reprise.queue.model.CallState;
import dev.reprise.queue.model.CancelResult;
import dev.reprise.queue.model.Diagnosis;
import dev.reprise.queue.model.InvalidCallException;
import dev.reprise.queue.model.OnDeadPredecessor;
import dev.reprise.queue.model.QueueClosedException;
import dev.reprise.queue.model.ReplayResult;
import dev.reprise.queue.model.UnknownHandlerException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What those ask and do who look after a queue, and what it refuses. */
class QueueAdminTest {
    private static final CallTarget<String, String> CHARGE = CallTarget.text("charge");

    private final VirtualTime time = new VirtualTime();
    private final List<CallOutcome> told = new ArrayList<>();
    private QueueRunner queue =
            QueueRunner.inMemory(time)
                    .handle(CHARGE, this::charge, how -> how.version(2))
                    .callback("charged", told::add)
                    .maxPayloadBytes(9)
                    .build();

    private String charge(HandlerContext call, String request) throws InterruptedException {
        if (request.equals("slow")) {
            time.sleep(Duration.ofHours(1));
        }
        if (request.startsWith("bad")) {
            throw call.reject("broken");
        }
        return "done";
    }

    @AfterEach
    void close() {
        queue.close();
    }

    private Diagnosis.Reason why(QueuedCall<?> call) {
        return queue.why(call.cid()).getReason();
    }

    @Test
    void deadLettersAreListedReplayedAndDiscardedInBulkAndForTrial() throws Exception {
        queue.start();
        List<QueuedCall<String>> calls = queue.enqueueAll(CHARGE, Collections.nCopies(500, "bad"));
        for (QueuedCall<String> call : calls) {
            time.await(call.end());
        }
        DeadLetters dead = queue.deadLetters();
        assertEquals(3, dead.list(3).size());
        assertEquals(500, dead.wouldReplay(c -> c.handlerVersion().orElseThrow() < 3).size());
        assertEquals(List.of(new CallCount("charge", CallState.DEAD, 500)), queue.counts());
        queue.replaceHandler(CHARGE, 3, (call, request) -> "fixed " + request);
        String first = calls.get(0).cid();
        Map<String, ReplayResult> replayed = dead.replay(c -> !c.cid().equals(first));
        assertEquals(499, replayed.size());
        assertEquals(Set.of(ReplayResult.REPLAYED), Set.copyOf(replayed.values()));
        assertEquals("fixed bad", time.await(calls.get(499).result()));
        assertEquals(List.of(first), dead.wouldDiscard(c -> true));
        assertEquals(List.of(first), dead.discard(c -> c.handler().equals("charge")));
        assertEquals(List.of(), dead.list(10, c -> true));
    }

    @Test
    void whySaysWhatACallWaitsFor() throws Exception {
        QueuedCall<String> due = queue.enqueue(CHARGE, "42");
        assertEquals(Diagnosis.Reason.WAITING, why(due));
        assertEquals(
                Diagnosis.Reason.NO_HANDLER, why(queue.enqueue(CallTarget.text("nobody"), "42")));
        assertEquals(Diagnosis.Reason.UNKNOWN, queue.why("nonsense").getReason());
        queue.start();
        time.await(due.end());
        assertEquals(Diagnosis.Reason.ENDED, why(due));
        QueuedCall<String> later = queue.enqueue(CHARGE, "42", c -> c.delay(Duration.ofMinutes(1)));
        assertEquals(
                new Diagnosis(
                        Diagnosis.Reason.NOT_DUE,
                        "it is due at 1970-01-01T00:01:00Z, after 0 attempts"),
                queue.why(later.cid()));
        List<QueuedCall<String>> blocked =
                queue.enqueueAll(CHARGE, List.of("bad", "42"), (request, c) -> c.orderKey("k"));
        time.advanceBy(Duration.ZERO);
        assertEquals(Diagnosis.Reason.BLOCKED, why(blocked.get(1)));
        List<QueuedCall<String>> skipped =
                queue.enqueueAll(
                        CHARGE,
                        List.of("bad", "42"),
                        (request, c) -> c.orderKey("l").onDeadHead(OnDeadPredecessor.Skip));
        assertEquals("done", time.await(skipped.get(1).result()));
        queue.pause("default");
        assertEquals(Diagnosis.Reason.PAUSED, why(queue.enqueue(CHARGE, "42")));
    }

    @Test
    void aCallIsCancelledAndItsCallbackIsTold() throws Exception {
        QueuedCall<String> call = queue.enqueue(CHARGE, "42", c -> c.callback("charged"));
        assertEquals(CancelResult.CANCELLED, call.cancel());
        assertEquals(CancelResult.ENDED, queue.cancel(call.cid()));
        assertEquals(CancelResult.UNKNOWN, queue.cancel("nonsense"));
        queue.start();
        time.advanceBy(Duration.ofSeconds(1));
        assertEquals("CANCELLED", told.get(0).getState());
    }

    @Test
    void aRunningCallIsInterruptedWhenItIsCancelled() throws Exception {
        queue.start();
        QueuedCall<String> slow = queue.enqueue(CHARGE, "slow");
        time.after(Duration.ofMinutes(5), slow::cancel);
        assertEquals(CallState.CANCELLED, time.await(slow.end()).state());
        assertEquals(Duration.ofMinutes(5), time.elapsed());
    }

    @Test
    void healthTellsARunningQueueFromOneThatIsNot() {
        assertFalse(queue.health().isGood());
        queue.start();
        time.advanceBy(Duration.ofSeconds(1));
        assertEquals(new Health(true, null, null, 0, 0, 0), queue.health());
        assertTrue(queue.health().isGood());
        queue.close();
        assertFalse(queue.health().isRunning());
    }

    @Test
    void aCallTellsWhatWasAskedFor() throws Exception {
        QueuedCall<String> call =
                queue.enqueue(
                        CHARGE.version(7),
                        "42",
                        c ->
                                c.priority(8)
                                        .orderKey("customer")
                                        .uniqueKey("order/42")
                                        .deadline(Instant.ofEpochSecond(60))
                                        .policy(p -> p.every(Duration.ofSeconds(1)).maxRetries(2))
                                        .callback(CallTarget.callback("elsewhere"))
                                        .context("it"));
        CallInfo info = queue.find(call.cid()).orElseThrow();
        assertEquals(
                List.of("charge", CallState.READY, 8, "every(1s) maxAttempts(3)", Instant.EPOCH),
                List.of(
                        info.handler(),
                        info.state(),
                        info.priority(),
                        info.policy(),
                        info.enqueuedAt()));
        assertEquals(
                List.of("customer", "order/42", "it", Instant.ofEpochSecond(60)),
                List.of(
                        info.orderKey().orElseThrow(),
                        info.uniqueKey().orElseThrow(),
                        info.context().orElseThrow(),
                        info.deadline().orElseThrow()));
        assertEquals(List.of("elsewhere"), info.callbacks());
        assertEquals("42", new String(info.request(), java.nio.charset.StandardCharsets.UTF_8));
        assertEquals(Optional.empty(), info.source().or(info::origCid));
        assertTrue(info.response().isEmpty());
        assertEquals("CallInfo(" + call.cid() + ", charge, READY)", info.toString());
    }

    @Test
    void whatMakesNoSenseIsRefusedWithTheValueAndTheMend() {
        Map<String, Consumer<CallOptions>> options = new LinkedHashMap<>();
        options.put("priority must be from 0 to 9, but was 10", c -> c.priority(10));
        options.put("delay must not be negative, but was", c -> c.delay(Duration.ofMillis(-1)));
        options.put("uniqueKey must have at most 200", c -> c.uniqueKey("k".repeat(201)));
        options.put("has passed", c -> c.deadline(Instant.EPOCH));
        options.put("repeats must be positive, but was 0", c -> c.retrySeconds(0, 1));
        options.put("nothing ends this policy: say", c -> c.policy(p -> p.every(Duration.ZERO)));
        options.put(
                "failureTester",
                c -> c.policy(p -> p.maxAttempts(2).failureTester(() -> e -> null)));
        options.put("no handler is registered as 'nobody'", c -> c.callback("nobody"));
        options.forEach(
                (says, option) -> {
                    RuntimeException e =
                            assertThrows(
                                    RuntimeException.class,
                                    () -> queue.enqueue(CHARGE, "42", option),
                                    says);
                    assertTrue(e.getMessage().contains(says), e.getMessage());
                });
        assertThrows(
                RetryPolicyParseException.class,
                () -> queue.enqueue(CHARGE, "42", c -> c.policy("sometimes")));
        assertThrows(InvalidCallException.class, () -> queue.enqueue(CHARGE, "ten letters"));
        assertThrows(UnknownHandlerException.class, () -> queue.enqueue("nobody", "", c -> {}));
        assertThrows(UnknownHandlerException.class, () -> queue.invoke(CallTarget.text("x"), ""));
        assertThrows(
                UnknownHandlerException.class,
                () -> queue.replaceHandler(CallTarget.text("x"), 2, (call, request) -> ""));
        assertThrows(QueueClosedException.class, () -> queue.invokePersisted(CHARGE, "", c -> {}));
        assertThrows(UnsupportedOperationException.class, () -> QueueRunner.inMemory().migrate());
        assertThrows(IllegalArgumentException.class, () -> queue.close(Duration.ofSeconds(-1)));
        assertEquals(List.of(), queue.counts());
    }

    @Test
    void aClosedQueueSaysSo() {
        queue.start();
        assertThrows(QueueClosedException.class, queue::start);
        queue.close();
        queue.close();
        assertThrows(QueueClosedException.class, () -> queue.enqueue(CHARGE, "42"));
        assertThrows(QueueClosedException.class, queue::counts);
        assertThrows(QueueClosedException.class, queue::start);
    }
}
