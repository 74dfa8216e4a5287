package dev.reprise.interop.queue;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.queue.ReloadingHandlers;
import dev.reprise.queue.model.Call;
import dev.reprise.queue.model.CallHandle;
import dev.reprise.queue.model.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The code of a handler is repaired while the queue runs. */
class ReloadingQueueTest {
    private static final Target<String, String> CHARGE = Target.text("charge");

    @TempDir Path folder;

    /** Compiles a handler with this body into the watched folder. */
    private void drop(int version, String body) throws IOException {
        Path source = Files.createDirectories(folder.resolve("source")).resolve("Charge.java");
        Files.writeString(
                source,
                """
                public class Charge implements dev.reprise.interop.function.BlockingHandler<String, String> {
                    public int version() { return %d; }
                    public String handle(dev.reprise.queue.model.CallContext call, String request) {
                        %s
                    }
                }
                """
                        .formatted(version, body));
        Path classes = Files.createDirectories(folder.resolve("handlers").resolve("classes"));
        String path =
                System.getProperty(
                        "surefire.test.class.path", System.getProperty("java.class.path"));
        int code =
                ToolProvider.getSystemJavaCompiler()
                        .run(
                                null,
                                null,
                                null,
                                List.of("-proc:none", "-cp", path, "-d", classes + "", source + "")
                                        .toArray(String[]::new));
        assertEquals(0, code);
    }

    @Test
    void aRepairedHandlerRunsTheNextAttempt() throws Exception {
        VirtualTime time = new VirtualTime();
        drop(1, "throw new IllegalStateException(\"a bug\");");
        try (ReloadingHandlers handlers = new ReloadingHandlers(folder.resolve("handlers"));
                QueueRunner queue =
                        QueueRunner.inMemory(time)
                                .handle(CHARGE, handlers, "Charge", h -> h.lane("slow"))
                                .lane("slow", 1)
                                .policy("every(10s) maxAttempts(5)")
                                .build()
                                .start()) {
            CallHandle<String> call = queue.enqueue(CHARGE, "42 EUR");
            time.advanceBy(Duration.ofSeconds(5));
            assertEquals(1, queue.find(call.getCid()).getHandlerVersion());
            drop(2, "return call.getAttempt() + \": paid \" + request;");
            assertEquals("2: paid 42 EUR", time.await(call.resultAsync()));
            assertEquals(2, queue.find(call.getCid()).getHandlerVersion());
        }
    }

    @Test
    void codeThatIsNotThereYetIsAFailureLikeAnyOther() throws Exception {
        Files.createDirectories(folder.resolve("handlers"));
        try (ReloadingHandlers handlers = new ReloadingHandlers(folder.resolve("handlers"));
                QueueRunner queue =
                        QueueRunner.inMemory()
                                .handle(CHARGE, handlers, "Charge")
                                .policy("maxAttempts(1)")
                                .build()
                                .start()) {
            Call call = queue.enqueue(CHARGE, "42 EUR").endAsync().get(20, SECONDS);
            assertEquals(
                    "the handler 'Charge' cannot be loaded from " + folder.resolve("handlers"),
                    queue.errors(call.getCid()).get(0).getMessage().split(":")[0]);
        }
    }
}
