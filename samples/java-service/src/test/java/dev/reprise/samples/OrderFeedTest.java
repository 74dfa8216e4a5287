package dev.reprise.samples;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.interop.RetryRunner;
import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.policy.StopReason;
import dev.reprise.run.RetryReport;
import dev.reprise.run.StopSignal;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class OrderFeedTest {
    private final VirtualTime time = new VirtualTime();
    private final StopSignal shutdown = new StopSignal();
    private final RetryRunner.Builder around =
            RetryRunner.builder().testing(t -> t.time(time)).stopWhen(shutdown);
    private final AtomicInteger attempts = new AtomicInteger();

    @Test
    void triesEvery60SecondsOnAConnectionErrorForThreeHoursUntilTheStop() {
        Duration threeHours = Duration.ofHours(3).plusSeconds(1);
        time.after(threeHours, () -> shutdown.stop("closing time"));
        OrderFeed<String> feed = new OrderFeed<>(this::refuse, around);
        long start = System.nanoTime();

        ConnectException failure = assertThrows(ConnectException.class, feed::open);

        assertEquals("refused, attempt 181", failure.getMessage());
        assertEquals(StopReason.STOPPED, requireNonNull(RetryReport.of(failure)).getStopReason());
        assertEquals(threeHours, time.elapsed());
        assertTrue(System.nanoTime() - start < Duration.ofSeconds(10).toNanos(), "virtual time");
    }

    @Test
    void returnsTheConnectionOfTheFirstSuccessfulAttempt() throws Exception {
        OrderFeed<String> feed =
                new OrderFeed<>(() -> attempts.get() < 5 ? refuse() : "connection", around);

        assertEquals("connection", feed.open());

        assertEquals(Duration.ofMinutes(5), time.elapsed());
    }

    @Test
    void doesNotRetryOtherFailures() {
        OrderFeed<String> feed =
                new OrderFeed<>(
                        () -> {
                            throw new NoRouteToHostException("no such network");
                        },
                        around);

        Exception failure = assertThrows(NoRouteToHostException.class, feed::open);

        assertEquals(
                StopReason.NOT_RETRYABLE, requireNonNull(RetryReport.of(failure)).getStopReason());
        assertEquals(Duration.ZERO, time.elapsed());
    }

    private String refuse() throws ConnectException {
        int attempt = attempts.incrementAndGet();
        throw new ConnectException("refused, attempt " + attempt);
    }
}
