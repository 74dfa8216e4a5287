package dev.reprise.samples.orders;

import static java.util.concurrent.CompletableFuture.completedFuture;
import static java.util.concurrent.CompletableFuture.failedFuture;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.interop.testing.VirtualTime;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** How orders are charged, in virtual time, with a store in memory. */
class ChargingTest {
    private final VirtualTime time = new VirtualTime();
    private final List<String> log = new ArrayList<>();
    private final Map<String, String> book = new HashMap<>();

    private void charge(Payments payments) throws Exception {
        Charging charging =
                new Charging(
                        payments,
                        book::put,
                        line -> log.add(time.elapsed().toMillis() + "ms " + line));
        try (QueueRunner queue = charging.on(QueueRunner.inMemory(time)).build().start()) {
            time.await(
                    queue.enqueue(Charging.CHARGE, "7", c -> c.callback("charged").context("7"))
                            .endAsync());
            time.advanceBy(Duration.ZERO);
        }
    }

    @Test
    void anOrderIsChargedWithOneKeyUntilTheGatewayTakesTheMoney() throws Exception {
        Set<String> keys = new HashSet<>();
        charge(
                (order, key) -> {
                    keys.add(key);
                    return time.elapsed().toSeconds() < 5
                            ? failedFuture(new ConnectException("refused"))
                            : completedFuture("receipt 1");
                });
        assertEquals(
                List.of(
                        "0ms order 7: attempt 1 failed, the gateway is unreachable",
                        "500ms order 7: attempt 2 failed, the gateway is unreachable",
                        "1500ms order 7: attempt 3 failed, the gateway is unreachable",
                        "3500ms order 7: attempt 4 failed, the gateway is unreachable",
                        "7500ms order 7: the gateway took the money, receipt 1",
                        "7500ms order 7: paid"),
                log);
        assertEquals(1, keys.size());
        assertEquals(Map.of("7", "receipt 1"), book);
    }

    @Test
    void aRejectionByTheGatewayIsNotRetried() throws Exception {
        charge(
                (order, key) -> {
                    throw new IllegalStateException("the card is not valid");
                });
        assertEquals(List.of("0ms order 7: not paid, its charge is DEAD(REJECTED)"), log);
        assertEquals(Map.of(), book);
    }
}
