package dev.reprise.interop.queue;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.queue.model.Call;
import dev.reprise.queue.model.CallHandle;
import dev.reprise.queue.model.CallState;
import dev.reprise.queue.model.QueueClosedException;
import dev.reprise.queue.model.Target;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real time and real threads: futures always complete, and interrupted threads return. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class QueueFuturesTest {
    private static final Target<String, String> CHARGE = Target.text("charge");

    private static Throwable failure(CompletableFuture<?> future) {
        return assertThrows(ExecutionException.class, () -> future.get(20, SECONDS)).getCause();
    }

    @Test
    void aFutureThatIsWaitedForCompletesWhenTheQueueIsClosed() throws Exception {
        CompletableFuture<String> waiting;
        CompletableFuture<Call> end;
        try (QueueRunner queue = QueueRunner.inMemory().build()) {
            CallHandle<String> call = queue.enqueue(CHARGE, "42");
            waiting = call.resultAsync();
            end = call.endAsync();
            assertFalse(waiting.isDone());
        }
        assertInstanceOf(QueueClosedException.class, failure(waiting));
        assertInstanceOf(QueueClosedException.class, failure(end));
    }

    @Test
    void aFutureObtainedAfterwardsCompletesToo() {
        QueueRunner queue = QueueRunner.inMemory().build();
        CallHandle<String> call = queue.enqueue(CHARGE, "42");
        queue.close();
        assertInstanceOf(QueueClosedException.class, failure(call.resultAsync()));
        assertInstanceOf(
                QueueClosedException.class, failure(queue.enqueueAsync(CHARGE, "", c -> {})));
    }

    @RepeatedTest(200)
    void aCallThatEndsWhileTheQueueClosesIsReportedWithItsResult() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        QueueRunner queue =
                QueueRunner.inMemory()
                        .handle(
                                CHARGE,
                                request -> {
                                    running.countDown();
                                    mayEnd.await();
                                    return "just in time";
                                })
                        .build()
                        .start();
        CompletableFuture<String> result = queue.enqueue(CHARGE, "42").resultAsync();
        running.await();
        Thread closer = new Thread(queue::close);
        closer.start();
        mayEnd.countDown();
        closer.join();
        assertEquals("just in time", result.get(20, SECONDS));
    }

    @Test
    void anInterruptOfTheClosingThreadEndsTheGraceAndIsKept() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        QueueRunner queue =
                QueueRunner.inMemory()
                        .handle(
                                CHARGE,
                                request -> {
                                    running.countDown();
                                    new Semaphore(0).acquire();
                                    return "never";
                                })
                        .build()
                        .start();
        queue.enqueue(CHARGE, "42");
        running.await();
        Thread.currentThread().interrupt();
        queue.close(Duration.ofDays(1));
        assertTrue(Thread.interrupted());
    }

    @Test
    void cancellingAFutureCancelsNoCall() throws Exception {
        CountDownLatch mayEnd = new CountDownLatch(1);
        try (QueueRunner queue =
                QueueRunner.inMemory()
                        .handle(
                                CHARGE,
                                request -> {
                                    mayEnd.await();
                                    return "paid";
                                })
                        .build()
                        .start()) {
            CallHandle<String> call = queue.enqueue(CHARGE, "42");
            CompletableFuture<String> nobodyWaits = call.resultAsync();
            nobodyWaits.cancel(true);
            mayEnd.countDown();
            assertEquals("paid", call.resultAsync().get(20, SECONDS));
            assertTrue(nobodyWaits.isCancelled());
        }
    }

    @Test
    void dependentStagesOfAFutureMayBlockAndCallTheQueue() throws Exception {
        try (QueueRunner queue =
                QueueRunner.inMemory().handle(CHARGE, request -> request).build().start()) {
            List<CompletableFuture<String>> chains =
                    queue
                            .enqueueAll(CHARGE, List.of("1", "2", "3", "4", "5", "6", "7", "8"))
                            .stream()
                            .map(
                                    call ->
                                            call.resultAsync()
                                                    .thenApply(
                                                            one ->
                                                                    queue.enqueue(CHARGE, one + "b")
                                                                            .resultAsync()
                                                                            .join()))
                            .toList();
            for (int i = 0; i < chains.size(); i++) {
                assertEquals(i + 1 + "b", chains.get(i).get(20, SECONDS));
            }
            assertEquals(16, queue.counts().get(0).getCalls());
            assertEquals(CallState.SUCCEEDED, queue.counts().get(0).getState());
        }
    }
}
