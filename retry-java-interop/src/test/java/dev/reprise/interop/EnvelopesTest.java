package dev.reprise.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A run sees the failure in an envelope, whichever envelope it is. */
class EnvelopesTest {
    private int calls;

    /** Its target throws what it does not declare, as Kotlin code does. */
    interface Repository {
        @RetryWith(maxAttempts = 3, on = IOException.class)
        String load();
    }

    @Test
    void aRunAroundAProxyRetriesWhatTheProxyWrapped() {
        Repository repository = RetryProxy.of(Repository.class, this::fail);
        UncheckedFailureException e =
                assertThrows(
                        UncheckedFailureException.class,
                        () ->
                                RetryRunner.builder()
                                        .on(IOException.class)
                                        .maxAttempts(3)
                                        .build()
                                        .call(repository::load));
        assertInstanceOf(IOException.class, e.getCause());
        assertEquals(9, calls);
    }

    @Test
    void testersSeeWhatIsInAProxysEnvelopeAndInThatOfAStage() {
        List<Class<?>> seen = new ArrayList<>();
        RetryRunner runner =
                RetryRunner.builder()
                        .failureTester(
                                () ->
                                        failure -> {
                                            seen.add(failure.getClass());
                                            return null;
                                        })
                        .maxAttempts(1)
                        .build();
        Repository repository = RetryProxy.of(Repository.class, this::fail);
        assertThrows(UncheckedFailureException.class, () -> runner.call(repository::load));
        CompletableFuture<String> stage = CompletableFuture.supplyAsync(this::fail);
        runner.callAsync(() -> stage.thenApply(x -> x)).handle((x, e) -> x).join();
        assertEquals(List.of(IOException.class, IOException.class), seen);
    }

    private String fail() {
        calls++;
        throw EnvelopesTest.<RuntimeException>sneaky(new IOException("down"));
    }

    @SuppressWarnings("unchecked")
    private static <E extends Exception> E sneaky(Exception failure) throws E {
        throw (E) failure;
    }
}
