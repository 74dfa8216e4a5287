package dev.reprise.interop;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.interop.internal.Failures;
import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.policy.AttemptTimeoutException;
import dev.reprise.policy.Jitter;
import dev.reprise.policy.StopReason;
import dev.reprise.run.RetryReport;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RetryProxyTest {
    private final VirtualTime time = new VirtualTime();
    private final AtomicInteger calls = new AtomicInteger();

    interface Directory {
        @RetryWith(
                every = "60s",
                on = IOException.class,
                unless = FileNotFoundException.class,
                maxRetries = 3)
        String find(String name) throws IOException;

        @RetryWith(exponential = "1s", max = "4s", jitter = Jitter.NONE, maxAttempts = 5)
        CompletionStage<String> findLater(String name);

        @RetryWith("every(1m) on(java.net.ConnectException) maxAttempts(2)")
        void ping() throws IOException;

        @RetryWith(delays = {"1s", "1m30s"})
        default String twice() throws IOException {
            return find("default") + find("default");
        }

        @RetryWith(attemptTimeout = "2s", maxAttempts = 2)
        String slow() throws InterruptedException;

        @RetryWith(attemptTimeout = "2s", maxAttempts = 2)
        String slowAndHonest() throws InterruptedException, TimeoutException;

        String plain() throws IOException;

        static String helper() {
            return "static";
        }
    }

    /** Fails a configured number of times. */
    private final class Server implements Directory {
        private final int failures;
        private final Exception failure;

        Server(int failures, Exception failure) {
            this.failures = failures;
            this.failure = failure;
        }

        private String answer(String name) {
            if (calls.incrementAndGet() <= failures) {
                throw Failures.raise(failure);
            }
            return name + " after " + calls.get();
        }

        @Override
        public String find(String name) {
            return answer(name);
        }

        @Override
        public CompletionStage<String> findLater(String name) {
            return CompletableFuture.completedFuture(answer(name));
        }

        @Override
        public void ping() {
            answer("ping");
        }

        @Override
        public String slow() throws InterruptedException {
            calls.incrementAndGet();
            time.sleep(Duration.ofHours(1));
            return "too late";
        }

        @Override
        public String slowAndHonest() throws InterruptedException {
            return slow();
        }

        @Override
        public String plain() {
            return answer("plain");
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Server server && server.failures == failures;
        }

        @Override
        public int hashCode() {
            return failures;
        }

        @Override
        public String toString() {
            return "Server";
        }
    }

    private Directory wrapped(int failures, Exception failure) {
        return RetryProxy.of(
                Directory.class,
                new Server(failures, failure),
                (method, builder) -> builder.testing(t -> t.time(time)));
    }

    @Test
    void blockingMethodsAreRetried() throws Exception {
        assertEquals("x after 3", wrapped(2, new ConnectException()).find("x"));
        assertEquals(Duration.ofMinutes(2), time.elapsed());
    }

    @Test
    void theLastFailureIsThrownUnwrapped() {
        IOException failure = new IOException();
        assertSame(failure, assertThrows(IOException.class, () -> wrapped(9, failure).find("x")));
        assertEquals(4, calls.get());
        assertEquals(StopReason.EXHAUSTED, requireNonNull(RetryReport.of(failure)).getStopReason());
    }

    @Test
    void unlessWins() {
        assertThrows(
                FileNotFoundException.class,
                () -> wrapped(9, new FileNotFoundException()).find("x"));
        assertEquals(1, calls.get());
    }

    @Test
    void stagesAreRetriedWithoutAThread() {
        CompletionStage<String> stage = wrapped(3, new IOException()).findLater("x");
        assertEquals(1, calls.get());
        time.advanceBy(Duration.ofSeconds(1 + 2 + 4));
        assertEquals("x after 4", stage.toCompletableFuture().join());
    }

    @Test
    void theNotationIsRead() {
        assertThrows(ConnectException.class, () -> wrapped(9, new ConnectException()).ping());
        assertEquals(2, calls.get());
        assertEquals(Duration.ofMinutes(1), time.elapsed());
    }

    @Test
    void defaultMethodsAreTheTargetsOwn() throws Exception {
        assertEquals("default after 3default after 4", wrapped(2, new IOException()).twice());
        assertEquals(Duration.ofSeconds(91), time.elapsed());
    }

    @Test
    void methodsWithoutTheAnnotationPassThrough() {
        IOException failure = new IOException();
        assertSame(failure, assertThrows(IOException.class, () -> wrapped(1, failure).plain()));
        assertEquals(1, calls.get());
        assertNull(RetryReport.of(failure));
    }

    @Test
    void anUndeclaredExceptionIsWrapped() {
        UncheckedFailureException e =
                assertThrows(
                        UncheckedFailureException.class,
                        () -> wrapped(0, new IOException()).slow());
        assertInstanceOf(AttemptTimeoutException.class, e.getCause());
        assertEquals(2, requireNonNull(RetryReport.of(e)).getAttempts());
        assertThrows(
                AttemptTimeoutException.class, () -> wrapped(0, new IOException()).slowAndHonest());
    }

    interface Undeclaring {
        @RetryWith(maxAttempts = 3)
        String find();
    }

    @Test
    void aRunAroundAProxyRetriesAnUndeclaredExceptionByItsCause() {
        Undeclaring target =
                () -> {
                    calls.incrementAndGet();
                    throw Failures.raise(new IOException());
                };
        Undeclaring proxy = RetryProxy.of(Undeclaring.class, target);
        RetryRunner outer = RetryRunner.builder().on(IOException.class).maxAttempts(3).build();
        assertThrows(UncheckedFailureException.class, () -> outer.call(proxy::find));
        assertEquals(9, calls.get());
    }

    @Test
    void anInterruptedWaitLeavesTheFlagSet() {
        Thread self = Thread.currentThread();
        time.after(Duration.ofSeconds(5), self::interrupt);
        UncheckedFailureException e =
                assertThrows(
                        UncheckedFailureException.class,
                        () -> wrapped(9, new IOException()).find("x"));
        assertInstanceOf(InterruptedException.class, e.getCause());
        assertTrue(Thread.interrupted());
    }

    @Test
    void objectMethodsAreCalledOnTheTarget() {
        Directory one = wrapped(1, new IOException());
        assertEquals("Server", one.toString());
        assertEquals(1, one.hashCode());
        assertEquals(one, wrapped(1, new IOException()));
        assertNotEquals(one, wrapped(2, new IOException()));
        assertNotEquals(one, new Server(1, new IOException()));
    }

    interface Generic<T> {
        @RetryWith(maxAttempts = 2)
        CompletableFuture<T> get(Callable<T> body);
    }

    @Test
    void aStageMethodThatThrowsAtOnceFailsItsStage() {
        Generic<?> generic =
                RetryProxy.of(
                        Generic.class,
                        body -> {
                            throw new IllegalStateException("no stage");
                        },
                        (method, builder) -> builder.testing(t -> t.time(time)));
        CompletableFuture<?> future = generic.get(() -> null);
        time.advanceBy(Duration.ZERO);
        assertEquals(
                "no stage",
                assertThrows(CompletionException.class, future::join).getCause().getMessage());
    }
}
