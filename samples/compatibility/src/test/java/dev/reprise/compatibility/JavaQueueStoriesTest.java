package dev.reprise.compatibility;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.queue.model.Call;
import dev.reprise.queue.model.CallHandle;
import dev.reprise.queue.model.InvokeResult;
import dev.reprise.queue.model.Target;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Durable calls from Java. */
@Timeout(60)
final class JavaQueueStoriesTest {
    private final List<String> log = new CopyOnWriteArrayList<>();
    private final Target<String, String> charge = Target.text("charge");
    private int calls;
    @TempDir Path folder;

    private String charge(String order, int failures) throws IOException {
        log.add(order + ", call " + ++calls);
        if (calls <= failures) {
            throw new IOException("down");
        }
        return order + " paid";
    }

    @Test
    void aCallInAFileIsRetriedAndTheQueueCloses() throws Exception {
        try (QueueRunner queue =
                QueueRunner.open(folder.resolve("calls.db"))
                        .handle(charge, order -> charge(order, 1))
                        .grace(Duration.ofSeconds(10))
                        .build()
                        .start()) {
            CallHandle<String> call =
                    queue.enqueue(charge, "42 EUR", c -> c.policy("every(1ms) maxAttempts(5)"));
            log.add(call.resultAsync().get(30, TimeUnit.SECONDS));
        }
        assertEquals(List.of("42 EUR, call 1", "42 EUR, call 2", "42 EUR paid"), log);
    }

    @Test
    void aCallbackOutlivesTheProcessThatStoredIt() throws Exception {
        Path file = folder.resolve("calls.db");
        try (QueueRunner queue =
                QueueRunner.open(file).callback("charged", outcome -> {}).build()) {
            queue.enqueue(charge, "42 EUR", c -> c.callback("charged").orderKey("customer 7"));
        }
        CompletableFuture<String> told = new CompletableFuture<>();
        try (QueueRunner queue =
                QueueRunner.open(file)
                        .handle(charge, order -> charge(order, 0))
                        .callback("charged", outcome -> told.complete(outcome.getResponse()))
                        .build()
                        .start()) {
            log.add(told.get(30, TimeUnit.SECONDS));
            log.add("dead " + queue.deadCalls(10).size());
        }
        assertEquals(List.of("42 EUR, call 1", "42 EUR paid", "dead 0"), log);
    }

    @Test
    void invokingDefersWhatFails() throws Exception {
        try (QueueRunner queue =
                QueueRunner.open(folder.resolve("calls.db"))
                        .handle(charge, order -> charge(order, 1))
                        .policy("every(1ms) maxAttempts(3)")
                        .build()
                        .start()) {
            InvokeResult<String> first = queue.invokeOrDefer(charge, "42 EUR");
            assertInstanceOf(InvokeResult.Deferred.class, first);
            log.add(queue.invoke(charge, "7 EUR"));
        }
        assertTrue(log.contains("7 EUR paid"), log::toString);
    }

    @Test
    void asynchronousHandlersAreRetried() throws Exception {
        try (QueueRunner queue =
                QueueRunner.open(folder.resolve("calls.db"))
                        .handleAsync(
                                charge,
                                order ->
                                        CompletableFuture.supplyAsync(
                                                () -> {
                                                    try {
                                                        return charge(order, 2);
                                                    } catch (IOException e) {
                                                        throw new IllegalStateException(e);
                                                    }
                                                }))
                        .policy("every(1ms) maxAttempts(3)")
                        .build()
                        .start()) {
            log.add(queue.enqueue(charge, "42 EUR").resultAsync().get(30, TimeUnit.SECONDS));
        }
        assertEquals(
                List.of("42 EUR, call 1", "42 EUR, call 2", "42 EUR, call 3", "42 EUR paid"), log);
    }

    @Test
    void threeDaysOfRetriesTakeNoTime() throws Exception {
        VirtualTime time = new VirtualTime();
        QueueRunner queue =
                QueueRunner.inMemory(time)
                        .handle(charge, order -> charge(order, 999))
                        .build()
                        .start();
        Call end = time.await(queue.enqueue(charge, "42 EUR").endAsync());
        assertEquals(81, end.getAttempts());
        assertTrue(time.elapsed().toDays() >= 2, () -> time.elapsed().toString());
    }
}
