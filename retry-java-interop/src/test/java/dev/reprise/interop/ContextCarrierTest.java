package dev.reprise.interop;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.queue.model.Target;
import dev.reprise.queue.operate.Actor;
import dev.reprise.queue.operate.WorkerInfo;
import dev.reprise.run.ContextCarrier;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A tenant that is bound to the thread, carried by a carrier that is chosen. */
class ContextCarrierTest {
    private static final ThreadLocal<String> TENANT = new ThreadLocal<>();

    private static AutoCloseable install(String tenant) {
        TENANT.set(tenant);
        return TENANT::remove;
    }

    private static final ContextCarrier CARRIER =
            new ContextCarrier() {
                @Override
                public Snapshot capture() {
                    String tenant = TENANT.get();
                    return () -> install(tenant);
                }

                @Override
                public void write(Snapshot captured, Map<String, String> headers) {
                    headers.put("tenant", TENANT.get());
                }

                @Override
                public Snapshot read(Map<String, String> headers) {
                    return () -> install(headers.get("tenant"));
                }
            };

    @Test
    void attemptsOfAFutureHaveIt() throws Exception {
        List<String> seen = new ArrayList<>();
        RetryRunner retry = RetryRunner.builder().maxAttempts(2).carriers(CARRIER).build();
        install("7");
        CompletableFuture<String> future =
                retry.supplyAsyncWithAttempt(
                        attempt -> {
                            seen.add(TENANT.get());
                            if (attempt.getNumber() == 1) {
                                throw new IllegalStateException("again");
                            }
                            return "done";
                        });
        assertEquals("done", future.get(20, SECONDS));
        assertEquals(List.of("7", "7"), seen);
        TENANT.remove();
    }

    @Test
    void theHandlersOfAQueueHaveItAndItsWorkersSayTheVersionOfTheApplication() throws Exception {
        Target<String, String> charge = Target.text("charge");
        VirtualTime time = new VirtualTime();
        try (QueueRunner queue =
                QueueRunner.inMemory(time)
                        .handle(charge, order -> TENANT.get())
                        .carriers(CARRIER)
                        .applicationVersion("7.2.0")
                        .build()
                        .start()) {
            install("7");
            CompletableFuture<String> result = queue.enqueue(charge, "42").resultAsync();
            TENANT.remove();
            assertEquals("7", time.await(result));
            assertNull(TENANT.get());
            List<WorkerInfo> workers = time.await(queue.operator(new Actor("ada")).workersAsync());
            assertEquals("7.2.0", workers.get(0).getApplicationVersion());
        }
    }
}
