package dev.reprise.interop;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** ScheduleBuilder and attempts of futures hold no thread that keeps the JVM alive. */
class JvmExitTest {
    /**
     * Ends its main thread while one future waits for an hour and another one's body is blocked.
     */
    public static final class Main {
        private Main() {}

        public static void main(String[] arguments) throws InterruptedException {
            RetryRunner retries =
                    RetryRunner.builder().every(Duration.ofHours(1)).forever().build();
            CompletableFuture<Integer> waiting = retries.callAsync(Flaky.always()::callAsync);
            CountDownLatch running = new CountDownLatch(1);
            CompletableFuture<?> blocked =
                    retries.runAsync(
                            () -> {
                                running.countDown();
                                new CountDownLatch(1).await();
                            });
            running.await();
            System.out.print(waiting.isDone() || blocked.isDone() ? "done" : "waiting");
        }
    }

    @Test
    void theJvmEndsDuringARetry() throws IOException, InterruptedException {
        String java = new File(System.getProperty("java.home"), "bin/java").getPath();
        Process child =
                new ProcessBuilder(
                                List.of(
                                        java,
                                        "-cp",
                                        System.getProperty("java.class.path"),
                                        Main.class.getName()))
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        try {
            assertTrue(child.waitFor(60, SECONDS), "the JVM did not end");
            assertEquals(0, child.exitValue());
            assertEquals(
                    "waiting",
                    new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        } finally {
            child.destroyForcibly();
        }
    }
}
