package dev.reprise.interop;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.NamedPolicies;
import dev.reprise.interop.internal.Failures;
import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.run.RetryReport;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** {@code recover}, and policies by name. */
class RetryProxyRecoverTest {
    private final AtomicInteger calls = new AtomicInteger();
    private final VirtualTime time = new VirtualTime();

    interface Prices {
        @RetryWith(value = "prices", recover = "lastKnown")
        String price(String sku) throws IOException;

        @RetryWith(value = "prices", recover = "laterKnown")
        CompletionStage<String> later(String sku);

        @RetryWith(value = "maxAttempts(2)", recover = "none")
        int count() throws IOException;
    }

    class Shop implements Prices {
        final Throwable failure;
        final List<Throwable> recovered = new ArrayList<>();

        Shop(Throwable failure) {
            this.failure = failure;
        }

        @Override
        public String price(String sku) {
            calls.incrementAndGet();
            throw Failures.raise(failure);
        }

        @Override
        public CompletionStage<String> later(String sku) {
            calls.incrementAndGet();
            return CompletableFuture.failedFuture(failure);
        }

        @Override
        public int count() {
            throw Failures.raise(failure);
        }

        String lastKnown(IOException failure, String sku) {
            recovered.add(failure);
            return "io " + sku;
        }

        String lastKnown(ConnectException failure, String sku) {
            return "connect " + sku;
        }

        private String lastKnown(String sku) {
            return "any " + sku;
        }

        CompletableFuture<String> laterKnown(IOException failure, String sku) {
            recovered.add(failure);
            return CompletableFuture.completedFuture("later " + sku);
        }

        int none() {
            return 0;
        }
    }

    private final NamedPolicies policies =
            NamedPolicies.parse(Map.of("prices", "every(1m) maxAttempts(3)"));

    private Prices wrapped(Shop shop) {
        return RetryProxy.of(Prices.class, shop, policies, (m, b) -> b.testing(t -> t.time(time)));
    }

    @Test
    void theNearestTypeOfFailureWins() throws Exception {
        assertEquals("io a", wrapped(new Shop(new FileNotFoundException())).price("a"));
        assertEquals("connect a", wrapped(new Shop(new ConnectException())).price("a"));
        assertEquals("any a", wrapped(new Shop(new IllegalStateException())).price("a"));
        assertEquals(9, calls.get());
        assertEquals(0, wrapped(new Shop(new IOException())).count());
    }

    @Test
    void itReceivesWhatTheRunWouldHaveThrown() throws Exception {
        IOException failure = new IOException();
        Shop shop = new Shop(failure);
        wrapped(shop).price("a");
        assertSame(failure, shop.recovered.get(0));
        assertEquals(3, requireNonNull(RetryReport.of(failure)).getAttempts());
    }

    @Test
    void whatNoMethodAcceptsLeaves() {
        Error error = new StackOverflowError();
        assertSame(
                error,
                assertThrows(StackOverflowError.class, () -> wrapped(new Shop(error)).price("a")));
    }

    @Test
    void anInterruptedDelayIsNotReplaced() {
        time.after(Duration.ofSeconds(5), Thread.currentThread()::interrupt);
        UncheckedFailureException e =
                assertThrows(
                        UncheckedFailureException.class,
                        () -> wrapped(new Shop(new IOException())).price("a"));
        assertInstanceOf(InterruptedException.class, e.getCause());
        assertTrue(Thread.interrupted());
    }

    @Test
    void stagesAreReplacedByTheStageThatItReturns() {
        IOException failure = new IOException();
        Shop shop = new Shop(failure);
        CompletableFuture<String> price = wrapped(shop).later("a").toCompletableFuture();
        time.advanceBy(Duration.ofMinutes(2));
        assertEquals("later a", price.join());
        assertSame(failure, shop.recovered.get(0));
        assertEquals(3, calls.get());
    }

    @Test
    void cancellingTheFutureCancelsTheRunAndIsNotReplaced() {
        Shop shop = new Shop(new IOException());
        CompletableFuture<String> price = wrapped(shop).later("a").toCompletableFuture();
        price.cancel(true);
        time.advanceBy(Duration.ofHours(1));
        assertThrows(CancellationException.class, price::join);
        assertEquals(1, calls.get());
        assertEquals(List.of(), shop.recovered);
    }

    @Test
    void aStageThatNoMethodAcceptsFailsWithTheFailureItself() {
        IllegalStateException failure = new IllegalStateException();
        CompletableFuture<String> price =
                wrapped(new Shop(failure)).later("a").toCompletableFuture();
        time.advanceBy(Duration.ofMinutes(2));
        assertSame(failure, assertThrows(CompletionException.class, price::join).getCause());
    }

    @Test
    void aPolicyIsLookedUpWhenARunStarts() throws Exception {
        Prices prices = wrapped(new Shop(new IOException()));
        policies.replace("prices", "maxAttempts(7)");
        prices.price("a");
        assertEquals(7, calls.get());
        assertEquals(
                "RetryRunner(maxAttempts(7))", RetryRunner.named(policies, "prices").toString());
        assertEquals("prices", RetryRunner.named(policies, "prices").asRetry().getName());
    }

    interface Missing {
        @RetryWith(value = "maxAttempts(2)", recover = "instead")
        String go(int number, List<String> names);
    }

    abstract static class Target implements Missing {
        @Override
        public String go(int number, List<String> names) {
            return "";
        }
    }

    @Test
    void aMethodThatIsMissingOrDoesNotFitIsRejectedWithTheSignature() {
        String needed =
                "has no such method with the signature it needs: String instead([Exception], int, List)";
        assertRejected(Missing.class, new Target() {}, needed);
        assertRejected(
                Missing.class,
                new Target() {
                    String instead(List<String> names, int number) {
                        return "";
                    }
                },
                needed);
        assertRejected(
                Missing.class,
                new Target() {
                    Integer instead(IOException e, int number, List<String> names) {
                        return 0;
                    }
                },
                "the recover method instead returns java.lang.Integer; it needs the signature String"
                        + " instead(IOException, int, List)");
    }

    @Test
    void aNameNeedsPoliciesThatHaveIt() {
        Shop shop = new Shop(new IOException());
        assertRejected(
                Prices.class, shop, "'prices' is the name of a policy; pass the NamedPolicies");
        String message =
                assertThrows(
                                IllegalArgumentException.class,
                                () ->
                                        RetryProxy.of(
                                                Prices.class,
                                                shop,
                                                NamedPolicies.parse(Map.of("b", "maxAttempts(1)"))))
                        .getMessage();
        assertTrue(
                requireNonNull(message).contains("no policy is named 'prices'; the names are b"),
                message);
    }

    private static <S> void assertRejected(Class<S> type, S target, String says) {
        String message =
                assertThrows(IllegalArgumentException.class, () -> RetryProxy.of(type, target))
                        .getMessage();
        assertTrue(requireNonNull(message).contains(says), message);
    }
}
