package dev.reprise.interop;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.queue.model.CallHandle;
import dev.reprise.queue.model.Target;
import dev.reprise.run.StopSignal;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Runs where the JVM has virtual threads (21 and later); the library itself is built for 17. */
class VirtualThreadsTest {
    private static final int RUNS = 2000;

    private static ExecutorService virtualThreads() throws ReflectiveOperationException {
        List<Method> factories =
                Arrays.stream(Executors.class.getMethods())
                        .filter(m -> m.getName().equals("newVirtualThreadPerTaskExecutor"))
                        .toList();
        assumeTrue(!factories.isEmpty(), "this JVM has no virtual threads");
        return (ExecutorService) factories.get(0).invoke(null);
    }

    /**
     * Pinned waits would each occupy a carrier thread, and there are only a few: no thread could
     * wait for the stop.
     */
    @Test
    void thousandsOfBlockingRunsWaitAtOnceAndAStopWakesThemAll() throws Exception {
        ExecutorService executor = virtualThreads();
        try {
            StopSignal stop = new StopSignal();
            CountDownLatch waiting = new CountDownLatch(RUNS);
            RetryRunner retries =
                    RetryRunner.builder()
                            .every(Duration.ofHours(1))
                            .stopWhen(stop)
                            .beforeRetry(failed -> waiting.countDown())
                            .build();
            List<Future<Integer>> runs = new ArrayList<>();
            for (int i = 0; i < RUNS; i++) {
                runs.add(
                        executor.submit(() -> retries.outcome(Flaky.always()).isSuccess() ? 1 : 0));
            }
            assertTrue(waiting.await(30, SECONDS));
            stop.stop();
            for (Future<Integer> run : runs) {
                assertEquals(0, run.get(30, SECONDS));
            }
        } finally {
            executor.shutdownNow();
        }
    }

    @Test
    void futuresRunOnThem() throws Exception {
        ExecutorService executor = virtualThreads();
        try {
            RetryRunner retries =
                    RetryRunner.builder()
                            .every(Duration.ofMillis(1))
                            .maxAttempts(3)
                            .executor(executor)
                            .build();
            List<CompletableFuture<Integer>> futures = new ArrayList<>();
            for (int i = 0; i < RUNS; i++) {
                futures.add(retries.supplyAsync(Flaky.failing(2)));
            }
            for (CompletableFuture<Integer> future : futures) {
                assertEquals(3, future.get(30, SECONDS));
            }
        } finally {
            executor.shutdownNow();
        }
    }

    /** Each handler waits for all the others, so all of them have to run at once. */
    @Test
    void hundredsOfHandlersBlockAtOnce() throws Exception {
        int calls = 300;
        Target<String, String> meet = Target.text("meet");
        CountDownLatch present = new CountDownLatch(calls);
        ExecutorService executor = virtualThreads();
        try (QueueRunner queue =
                QueueRunner.inMemory()
                        .handle(
                                meet,
                                who -> {
                                    present.countDown();
                                    present.await();
                                    return who;
                                },
                                how -> how.lane("hall"))
                        .lane("hall", calls)
                        .executor(executor)
                        .build()
                        .start()) {
            List<CallHandle<String>> queued =
                    queue.enqueueAll(meet, Collections.nCopies(calls, "guest"));
            for (CallHandle<String> call : queued) {
                assertEquals("guest", call.resultAsync().get(30, SECONDS));
            }
        } finally {
            executor.shutdown();
        }
    }
}
