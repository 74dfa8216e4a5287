package dev.reprise.samples;

import dev.reprise.interop.RetryRunner;
import dev.reprise.policy.Jitter;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Places orders, with retries. */
final class OrderDesk {
    private final Orders orders;
    private final RetryRunner patiently;

    /**
     * The builder {@code around} provides what belongs to this process, such as the stop signal.
     */
    OrderDesk(Orders orders, RetryRunner.Builder around) {
        this.orders = orders;
        this.patiently =
                around.on(IOException.class)
                        .exponential(Duration.ofMillis(200), 2, Duration.ofSeconds(2))
                        .jitter(Jitter.NONE)
                        .retryAfter(OrderDesk::retryAfter)
                        .attemptTimeout(Duration.ofSeconds(1))
                        .maxDuration(Duration.ofSeconds(30))
                        .build();
    }

    CompletableFuture<String> place(String order) {
        return patiently.callAsync(() -> orders.place(order));
    }

    private static Duration retryAfter(Throwable failure) {
        return failure instanceof BusyException busy ? busy.retryAfter() : null;
    }
}
