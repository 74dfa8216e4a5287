package dev.reprise.interop.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.queue.model.CallHandle;
import dev.reprise.queue.model.DeadReason;
import dev.reprise.queue.model.Target;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The options of a call when it is enqueued, in virtual time. */
class CallOptionsTest {
    private static final Target<String, String> CHARGE = Target.text("charge");
    private static final Duration SECOND = Duration.ofSeconds(1);
    private final VirtualTime time = new VirtualTime();
    private final List<String> log = new ArrayList<>();
    private QueueRunner queue = QueueRunner.inMemory(time).build();

    private void start(QueueRunner.Builder builder) {
        queue = builder.build().start();
    }

    @AfterEach
    void close() {
        queue.close();
    }

    private static String down() throws IOException {
        throw new IOException("down");
    }

    private void note(String what) {
        log.add(time.elapsed().toSeconds() + "s " + what);
    }

    @Test
    void noAttemptStartsAtOrAfterTheDeadlineAndOneThatIsRunningIsCancelled() throws Exception {
        start(
                QueueRunner.inMemory(time)
                        .handle(
                                CHARGE,
                                (call, request) -> {
                                    note(request + " has " + call.getRemaining());
                                    if (request.equals("slow")) {
                                        time.sleep(Duration.ofHours(1));
                                    }
                                    return down();
                                }));
        CallHandle<String> failing =
                queue.enqueue(
                        CHARGE,
                        "fast",
                        c -> c.deadline(Instant.ofEpochSecond(100)).policy("every(40s) forever"));
        assertEquals(DeadReason.EXPIRED, time.await(failing.endAsync()).getDeadReason());
        CallHandle<String> slow =
                queue.enqueue(CHARGE, "slow", c -> c.deadline(Instant.ofEpochSecond(100)));
        assertEquals(DeadReason.EXPIRED, time.await(slow.endAsync()).getDeadReason());
        assertEquals(
                List.of(
                        "0s fast has PT1M40S",
                        "40s fast has PT1M",
                        "80s fast has PT20S",
                        "80s slow has PT20S"),
                log);
        assertEquals(Duration.ofSeconds(100), time.elapsed());
    }

    @Test
    void callsOfOneOrderRunOneAfterTheOtherWhileOthersPass() throws Exception {
        start(
                QueueRunner.inMemory(time)
                        .handle(
                                CHARGE,
                                (call, request) -> {
                                    note(request);
                                    return request.equals("a1") && call.getAttempt() == 1
                                            ? down()
                                            : "done";
                                }));
        List<CallHandle<String>> calls =
                queue.enqueueAll(
                        CHARGE,
                        List.of("a1", "a2", "b1"),
                        (request, c) ->
                                c.orderKey(request.substring(0, 1))
                                        .policy("every(1s) maxAttempts(2)"));
        for (CallHandle<String> call : calls) {
            time.await(call.resultAsync());
        }
        assertEquals(List.of("0s a1", "0s b1", "1s a1", "1s a2"), log);
    }

    @Test
    void higherPrioritiesGoFirstAndWhatIsDelayedWaits() throws Exception {
        start(
                QueueRunner.inMemory(time)
                        .handle(
                                CHARGE,
                                request -> {
                                    note(request);
                                    return "";
                                },
                                how -> how.concurrency(1)));
        queue.pause("default");
        List<CallHandle<String>> calls =
                List.of(
                        queue.enqueue(CHARGE, "low", c -> c.priority(0)),
                        queue.enqueue(CHARGE, "later", c -> c.delay(Duration.ofMinutes(1))),
                        queue.enqueue(CHARGE, "high", c -> c.priority(9)));
        time.advanceBy(Duration.ofSeconds(5));
        queue.resume("default");
        for (CallHandle<String> call : calls) {
            time.await(call.resultAsync());
        }
        assertEquals(List.of("5s high", "5s low", "60s later"), log);
    }

    @Test
    void aSecondCallUnderAUniqueKeyIsTheFirst() throws Exception {
        start(QueueRunner.inMemory(time).handle(CHARGE, request -> "paid " + request));
        CallHandle<String> first = queue.enqueue(CHARGE, "1", c -> c.uniqueKey("order/42"));
        CallHandle<String> second = queue.enqueue(CHARGE, "2", c -> c.uniqueKey("order/42"));
        assertTrue(first.isNew());
        assertEquals(first.getCid(), second.getCid());
        assertEquals(List.of(true, false), List.of(first.isNew(), second.isNew()));
        assertEquals("paid 1", time.await(second.resultAsync()));
        assertTrue(queue.enqueue(CHARGE, "3", c -> c.uniqueKey("order/42")).isNew());
    }

    @Test
    void aUniqueKeyStaysTakenForItsTimeAfterTheEnd() throws Exception {
        start(QueueRunner.inMemory(time).handle(CHARGE, request -> "paid " + request));
        CallHandle<String> first =
                queue.enqueue(CHARGE, "1", c -> c.uniqueKey("order/42").uniqueFor(SECOND));
        assertEquals("paid 1", time.await(first.resultAsync()));
        time.advanceBy(Duration.ofMillis(900));
        CallHandle<String> second = queue.enqueue(CHARGE, "2", c -> c.uniqueKey("order/42"));
        assertEquals(first.getCid(), second.getCid());
        assertFalse(second.isNew());
        time.advanceBy(Duration.ofMillis(100));
        assertTrue(queue.enqueue(CHARGE, "3", c -> c.uniqueKey("order/42")).isNew());
    }
}
