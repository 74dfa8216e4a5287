package dev.reprise.interop.queue;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.RetryPolicy;
import dev.reprise.queue.model.Call;
import dev.reprise.queue.model.CallHandle;
import dev.reprise.queue.model.DeadReason;
import dev.reprise.queue.model.QueueClosedException;
import dev.reprise.queue.model.Target;
import java.time.Duration;
import java.util.List;
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

/** Real time and real threads: which thread a handler runs on, and what interrupts it. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HandlerThreadsTest {
    private static final Target<String, String> CHARGE = Target.text("charge");

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
        CompletableFuture<String> result = queue.enqueue(CHARGE, "42").resultAsync();
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
            CompletableFuture<String> paid =
                    queue.invokeAsync(CHARGE, "", RetryPolicy.parse("maxAttempts(9)"));
            running.await();
            paid.cancel(true);
            assertEquals("interrupted", end.get(20, SECONDS));
        }
    }

    @Test
    void anInterruptedInvocationEndsTogetherWithItsAttempt() throws Exception {
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
                    () -> queue.invoke(CHARGE, "42", RetryPolicy.parse("maxAttempts(2)")));
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
            CallHandle<String> call = queue.enqueue(CHARGE, "42", c -> c.policy("maxAttempts(1)"));
            assertEquals("paid", call.resultAsync().get(20, SECONDS));
            Call info = queue.find(call.getCid());
            assertEquals(List.of(1, 2), List.of(info.getAttempts(), info.getSnoozes()));
            assertEquals("mine", thread.get());
        } finally {
            executor.shutdown();
        }
    }

    @Test
    void anExecutorThatIsShutDownReturnsItsCallsToTheQueue() throws Exception {
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
            CallHandle<String> call = queue.enqueue(CHARGE, "42");
            running.await();
            executor.shutdownNow();
            Call info = queue.find(call.getCid());
            while (info.getSnoozes() == 0) {
                Thread.onSpinWait();
                info = queue.find(call.getCid());
            }
            assertEquals(0, info.getFailures());
            assertFalse(info.getState().isEnd());
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
            Call call = queue.enqueue(CHARGE, "42").endAsync().get(20, SECONDS);
            assertEquals(DeadReason.REJECTED, call.getDeadReason());
            assertEquals(List.of(1, 0), List.of(call.getAttempts(), call.getSnoozes()));
        }
    }
}
