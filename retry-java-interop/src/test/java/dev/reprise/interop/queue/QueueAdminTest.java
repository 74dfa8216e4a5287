package dev.reprise.interop.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.policy.RetryPolicyParseException;
import dev.reprise.queue.model.Call;
import dev.reprise.queue.model.CallContext;
import dev.reprise.queue.model.CallCount;
import dev.reprise.queue.model.CallHandle;
import dev.reprise.queue.model.CallOptions;
import dev.reprise.queue.model.CallOutcome;
import dev.reprise.queue.model.CallState;
import dev.reprise.queue.model.CancelResult;
import dev.reprise.queue.model.Diagnosis;
import dev.reprise.queue.model.InvalidCallException;
import dev.reprise.queue.model.OnDeadPredecessor;
import dev.reprise.queue.model.PayloadCodec;
import dev.reprise.queue.model.QueueClosedException;
import dev.reprise.queue.model.ReplayResult;
import dev.reprise.queue.model.Target;
import dev.reprise.queue.model.UnknownHandlerException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What operators of a queue read and do, and what it rejects. */
class QueueAdminTest {
    private static final Target<String, String> CHARGE = Target.text("charge");

    private final VirtualTime time = new VirtualTime();
    private final List<CallOutcome> told = new ArrayList<>();
    private QueueRunner queue =
            QueueRunner.inMemory(time)
                    .handle(CHARGE, this::charge, how -> how.version(2))
                    .callback("charged", told::add)
                    .maxPayloadBytes(9)
                    .build();

    private String charge(CallContext call, String request) throws InterruptedException {
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

    private Diagnosis.Reason why(CallHandle<?> call) {
        return queue.why(call.getCid()).getReason();
    }

    @Test
    void deadLettersAreListedReplayedAndDiscardedInBulkAndAsADryRun() throws Exception {
        queue.start();
        List<CallHandle<String>> calls = queue.enqueueAll(CHARGE, Collections.nCopies(500, "bad"));
        for (CallHandle<String> call : calls) {
            time.await(call.endAsync());
        }
        assertEquals(3, queue.deadCalls(3).size());
        assertEquals(500, queue.replay(true, c -> c.getHandlerVersion() < 3).size());
        assertEquals(List.of(CallCount.of("charge", CallState.DEAD, 500)), queue.counts());
        queue.replaceHandler(CHARGE, 3, (call, request) -> "fixed " + request);
        String first = calls.get(0).getCid();
        Map<String, ReplayResult> replayed = queue.replay(c -> !c.getCid().equals(first));
        assertEquals(499, replayed.size());
        assertEquals(Set.of(ReplayResult.REPLAYED), Set.copyOf(replayed.values()));
        assertEquals("fixed bad", time.await(calls.get(499).resultAsync()));
        assertEquals(List.of(first), queue.discard(true, c -> true));
        assertEquals(List.of(first), queue.discard(c -> c.getHandler().equals("charge")));
        assertEquals(List.of(), queue.deadCalls(10, c -> true));
    }

    @Test
    void whyExplainsWhatACallWaitsFor() throws Exception {
        CallHandle<String> due = queue.enqueue(CHARGE, "42");
        assertEquals(Diagnosis.Reason.WAITING, why(due));
        assertEquals(Diagnosis.Reason.NO_HANDLER, why(queue.enqueue(Target.text("nobody"), "42")));
        assertEquals(Diagnosis.Reason.UNKNOWN, queue.why("nonsense").getReason());
        queue.start();
        time.await(due.endAsync());
        assertEquals(Diagnosis.Reason.ENDED, why(due));
        CallHandle<String> later = queue.enqueue(CHARGE, "42", c -> c.delay(Duration.ofMinutes(1)));
        assertEquals(
                "Diagnosis(NOT_DUE: it is due at 1970-01-01T00:01:00Z, after 0 attempts)",
                queue.why(later.getCid()).toString());
        List<CallHandle<String>> blocked =
                queue.enqueueAll(CHARGE, List.of("bad", "42"), (request, c) -> c.orderKey("k"));
        time.advanceBy(Duration.ZERO);
        assertEquals(Diagnosis.Reason.BLOCKED, why(blocked.get(1)));
        List<CallHandle<String>> skipped =
                queue.enqueueAll(
                        CHARGE,
                        List.of("bad", "42"),
                        (request, c) -> c.orderKey("l").onDeadPredecessor(OnDeadPredecessor.SKIP));
        assertEquals("done", time.await(skipped.get(1).resultAsync()));
        queue.pause("default");
        assertEquals(Diagnosis.Reason.PAUSED, why(queue.enqueue(CHARGE, "42")));
    }

    @Test
    void aCallIsCancelledAndItsCallbackIsNotified() throws Exception {
        CallHandle<String> call = queue.enqueue(CHARGE, "42", c -> c.callback("charged"));
        assertEquals(CancelResult.CANCELLED, queue.cancel(call.getCid()));
        assertEquals(CancelResult.ENDED, queue.cancel(call.getCid()));
        assertEquals(CancelResult.UNKNOWN, queue.cancel("nonsense"));
        queue.start();
        time.advanceBy(Duration.ofSeconds(1));
        assertEquals("CANCELLED", told.get(0).getState());
    }

    @Test
    void aRunningCallIsInterruptedWhenItIsCancelled() throws Exception {
        queue.start();
        CallHandle<String> slow = queue.enqueue(CHARGE, "slow");
        time.after(Duration.ofMinutes(5), () -> queue.cancel(slow.getCid()));
        assertEquals(CallState.CANCELLED, time.await(slow.endAsync()).getState());
        assertEquals(Duration.ofMinutes(5), time.elapsed());
    }

    @Test
    void healthShowsWhetherAQueueIsRunning() {
        assertFalse(queue.health().isHealthy());
        queue.start();
        time.advanceBy(Duration.ofSeconds(1));
        assertEquals(
                "QueueHealth(isRunning=true, storeDownFor=null, storeFailure=null, inFlight=0,"
                        + " hungHandlers=0, staleResults=0, lateRenewals=0, lostLeases=0,"
                        + " clockJumps=0, warnings=[])",
                queue.health().toString());
        assertNull(queue.health().getStoreDownFor());
        assertTrue(queue.health().isHealthy());
        queue.close();
        assertFalse(queue.health().isRunning());
    }

    @Test
    void aCallHasTheOptionsItWasEnqueuedWith() throws Exception {
        CallHandle<String> call =
                queue.enqueue(
                        new Target<>("charge", PayloadCodec.Text, PayloadCodec.Text, 7),
                        "42",
                        c ->
                                c.priority(8)
                                        .orderKey("customer")
                                        .uniqueKey("order/42")
                                        .deadline(Instant.ofEpochSecond(60))
                                        .policy("every(1s) maxAttempts(3)")
                                        .callback(Target.callback("elsewhere"))
                                        .context("it"));
        Call info = queue.find(call.getCid());
        assertEquals(
                List.of("charge", CallState.READY, 8, "every(1s) maxAttempts(3)", Instant.EPOCH),
                List.of(
                        info.getHandler(),
                        info.getState(),
                        info.getPriority(),
                        info.getPolicy(),
                        info.getEnqueuedAt()));
        assertEquals(
                List.of("customer", "order/42", "it", Instant.ofEpochSecond(60)),
                List.of(
                        info.getOrderKey(),
                        info.getUniqueKey(),
                        info.getContext(),
                        info.getDeadline()));
        assertEquals(List.of("elsewhere"), info.getCallbacks());
        assertEquals(
                "42",
                new String(info.getRequest().getBytes(), java.nio.charset.StandardCharsets.UTF_8));
        assertNull(info.getSource());
        assertNull(info.getOrigCid());
        assertNull(info.getResponse());
        assertEquals("Call(" + call.getCid() + ", charge, READY)", info.toString());
    }

    @Test
    void invalidArgumentsAreRejectedWithTheValueAndHowToFixThem() {
        Map<String, Consumer<CallOptions>> options = new LinkedHashMap<>();
        options.put("priority must be from 0 to 9, but was 10", c -> c.priority(10));
        options.put("delay must not be negative, but was", c -> c.delay(Duration.ofMillis(-1)));
        options.put("uniqueKey must have at most 200", c -> c.uniqueKey("k".repeat(201)));
        options.put("has passed", c -> c.deadline(Instant.EPOCH));
        options.put("This policy never ends", c -> c.policy(p -> {}));
        options.put(
                "failureTester",
                c -> c.policy(p -> p.maxAttempts(2).failureTester(() -> e -> null)));
        options.put("no handler is registered as 'unknown'", c -> c.callback("unknown"));
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
        assertThrows(UnknownHandlerException.class, () -> queue.invoke(Target.text("x"), ""));
        assertThrows(
                UnknownHandlerException.class,
                () -> queue.replaceHandler(Target.text("x"), 2, (call, request) -> ""));
        assertThrows(
                QueueClosedException.class, () -> queue.invokeOrDefer(CHARGE, "", true, c -> {}));
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
