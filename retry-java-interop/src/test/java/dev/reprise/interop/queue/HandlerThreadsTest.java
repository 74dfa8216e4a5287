package dev.reprise.interop.queue;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.queue.model.DeadReason;
import dev.reprise.queue.model.QueueClosedException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real time and real threads: which thread a handler has, and who interrupts it. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HandlerThreadsTest {
    private static final CallTarget<String, String> CHARGE = CallTarget.text("charge");

    private static Throwable failure(CompletableFuture<?> future) {
        return assertThrows(ExecutionException.class, () -> future.get(20, SECONDS)).getCause();
    }

    @Test
    void closingInterruptsWhatTakesLongerThanTheGraceAndKeepsTheCall() throws Exception {
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        CountDownLatch running = new CountDownLatch(1);
        QueueRunner queue =
                QueueRunner.inMemory()
                        .handle(
                                CHARGE,
                                request -> {
                                    running.countDown();
                                    try {
                                        new Semaphore(0).acquire();
                                        return "never";
                                    } catch (InterruptedException e) {
                                        interrupted.complete(true);
                                        throw e;
                                    }
                                })
                        .build()
                        .start();
        CompletableFuture<String> result = queue.enqueue(CHARGE, "42").result();
        running.await();
        queue.close(Duration.ZERO);
        assertTrue(interrupted.get(20, SECONDS));
        assertInstanceOf(QueueClosedException.class, failure(result));
    }

    @Test
    void cancellingAnInvocationInterruptsItsAttempt() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CompletableFuture<String> end = new CompletableFuture<>();
        try (QueueRunner queue =
                QueueRunner.inMemory()
                        .handle(
                                CHARGE,
                                request -> {
                                    running.countDown();
                                    try {
                                        new Semaphore(0).acquire();
                                    } catch (InterruptedException e) {
                                        end.complete("interrupted");
                                    }
                                    return "";
                                })
                        .build()) {
            CompletableFuture<String> paid = queue.invokeAsync(CHARGE, "", p -> p.maxAttempts(9));
            running.await();
            paid.cancel(true);
            assertEquals("interrupted", end.get(20, SECONDS));
        }
    }

    @Test
    void whoIsInterruptedInAnInvocationLeavesAndTheAttemptWithIt() throws Exception {
        CountDownLatch interrupted = new CountDownLatch(1);
        Thread caller = Thread.currentThread();
        try (QueueRunner queue =
                QueueRunner.inMemory()
                        .handle(
                                CHARGE,
                                request -> {
                                    caller.interrupt();
                                    try {
                                        new Semaphore(0).acquire();
                                    } catch (InterruptedException e) {
                                        interrupted.countDown();
                                    }
                                    return "";
                                })
                        .build()) {
            assertThrows(
                    InterruptedException.class,
                    () -> queue.invoke(CHARGE, "42", p -> p.maxAttempts(2)));
            interrupted.await();
        }
    }

    @Test
    void anExecutorWithoutRoomCostsNoAttempt() throws Exception {
        AtomicReference<String> thread = new AtomicReference<>();
        ExecutorService executor =
                Executors.newSingleThreadExecutor(task -> new Thread(task, "mine"));
        Semaphore refusals = new Semaphore(2);
        try (QueueRunner queue =
                QueueRunner.inMemory()
                        .handle(
                                CHARGE,
                                request -> {
                                    thread.set(Thread.currentThread().getName().split(" ")[0]);
                                    return "paid";
                                })
                        .executor(
                                task -> {
                                    if (refusals.tryAcquire()) {
                                        throw new RejectedExecutionException("full");
                                    }
                                    executor.execute(task);
                                })
                        .build()
                        .start()) {
            QueuedCall<String> call = queue.enqueue(CHARGE, "42", c -> c.policy("maxAttempts(1)"));
            assertEquals("paid", call.result().get(20, SECONDS));
            CallInfo info = queue.find(call.cid()).orElseThrow();
            assertEquals(List.of(1, 2), List.of(info.attempts(), info.snoozes()));
            assertEquals("mine", thread.get());
        } finally {
            executor.shutdown();
        }
    }

    @Test
    void anExecutorThatIsShutDownSendsItsCallsBackToTheQueue() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        ExecutorService executor = Executors.newCachedThreadPool();
        try (QueueRunner queue =
                QueueRunner.inMemory()
                        .handle(
                                CHARGE,
                                request -> {
                                    running.countDown();
                                    new Semaphore(0).acquire();
                                    return "never";
                                })
                        .executor(executor)
                        .build()
                        .start()) {
            QueuedCall<String> call = queue.enqueue(CHARGE, "42");
            running.await();
            executor.shutdownNow();
            CallInfo info = queue.find(call.cid()).orElseThrow();
            while (info.snoozes() == 0) {
                Thread.onSpinWait();
                info = queue.find(call.cid()).orElseThrow();
            }
            assertEquals(0, info.failures());
            assertFalse(info.state().isEnd());
        }
    }

    @Test
    void aHandlerThatInterruptsItselfHasFailedAndIsNotRetried() throws Exception {
        try (QueueRunner queue =
                QueueRunner.inMemory()
                        .handle(
                                CHARGE,
                                request -> {
                                    throw new InterruptedException("my own");
                                })
                        .build()
                        .start()) {
            CallInfo call = queue.enqueue(CHARGE, "42").end().get(20, SECONDS);
            assertEquals(Optional.of(DeadReason.REJECTED), call.deadReason());
            assertEquals(List.of(1, 0), List.of(call.attempts(), call.snoozes()));
        }
    }
}
