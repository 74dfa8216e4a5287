package dev.reprise.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.run.Attempt;
import dev.reprise.run.RetryOutcome;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Outcomes, executors of one run, and the functional interfaces of the JDK. */
class RetryRunnerFormsTest {
    private final VirtualTime time = new VirtualTime();
    private final RetryRunner thrice =
            RetryRunner.builder()
                    .every(Duration.ofSeconds(1))
                    .maxAttempts(3)
                    .testing(t -> t.time(time))
                    .build();

    @Test
    void anOutcomeReadsTheAttempt() throws Exception {
        Flaky flaky = Flaky.failing(2);
        RetryOutcome<String> outcome =
                thrice.outcomeWithAttempt(a -> flaky.call() + " in " + a.getNumber());
        assertEquals("3 in 3", outcome.getOrNull());
    }

    private String fetch() throws IOException {
        return "without an attempt";
    }

    private String fetch(Attempt attempt) throws IOException {
        return "attempt " + attempt.getNumber();
    }

    @Test
    void aReferenceToAnOverloadedMethodIsNotAmbiguous() throws Exception {
        assertEquals("without an attempt", thrice.call(this::fetch));
        assertEquals("attempt 1", thrice.callWithAttempt(this::fetch));
        assertEquals("attempt 1", thrice.outcomeWithAttempt(this::fetch).getOrThrow());
        assertEquals("without an attempt", thrice.outcome(this::fetch).getOrThrow());
    }

    @Test
    void theOutcomeOfAFutureIsAValue() {
        CompletableFuture<RetryOutcome<Integer>> good =
                thrice.outcomeAsync(Flaky.failing(2)::callAsync);
        CompletableFuture<RetryOutcome<Integer>> bad =
                thrice.outcomeAsync(Flaky.always()::callAsync);
        time.advanceBy(Duration.ofSeconds(2));
        assertEquals(3, good.join().getOrNull());
        assertFalse(bad.join().isSuccess());
        assertEquals(-1, bad.join().orElse(failure -> -1));
    }

    @Test
    void aFallbackReplacesTheFailure() throws Exception {
        assertEquals(7, thrice.outcome(Flaky.always()).orElse(failure -> 7));
    }

    @Test
    void anExecutorIsOfOneRun() {
        List<String> used = new ArrayList<>();
        Executor own =
                task -> {
                    used.add("own");
                    task.run();
                };
        AtomicInteger calls = new AtomicInteger();
        CompletableFuture<?> ran =
                thrice.runAsync(
                        () -> {
                            if (calls.incrementAndGet() < 3) {
                                throw new IOException();
                            }
                        },
                        own);
        CompletableFuture<RetryOutcome<Integer>> outcome =
                thrice.outcomeAsync(Flaky.failing(1)::callAsync, own);
        time.advanceBy(Duration.ofSeconds(2));
        assertTrue(ran.isDone() && !ran.isCompletedExceptionally());
        assertEquals(2, outcome.join().getOrNull());
        assertEquals(4, used.size());
    }

    @Test
    void functionalInterfacesOfTheJdkAreDecorated() throws Exception {
        Callable<Integer> callable = thrice.decorateCallable(Flaky.failing(2)::call);
        assertEquals(3, callable.call());
        assertThrows(IOException.class, () -> thrice.decorateCallable(Flaky.always()::call).call());

        AtomicInteger runs = new AtomicInteger();
        IllegalStateException failure = new IllegalStateException();
        Runnable runnable =
                thrice.decorateRunnable(
                        () -> {
                            runs.incrementAndGet();
                            throw failure;
                        });
        assertSame(failure, assertThrows(IllegalStateException.class, runnable::run));
        assertEquals(3, runs.get());
    }
}
