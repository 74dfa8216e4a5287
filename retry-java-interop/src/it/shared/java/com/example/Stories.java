package com.example;

import dev.reprise.interop.RetryRunner;
import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.interop.workflow.WorkflowRunner;
import dev.reprise.interop.workflow.Workflows;
import dev.reprise.queue.model.Target;
import dev.reprise.run.RetryOutcome;
import dev.reprise.run.StopSignal;
import dev.reprise.workflow.model.Workflow;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import kotlin.KotlinVersion;
import kotlinx.coroutines.CoroutineScope;

/** What an application does with Reprise: a call, a stop, a future, a durable call and a workflow. */
public final class Stories {
    private final List<String> log = new ArrayList<>();

    private Stories() {}

    /**
     * Runs all of them.
     *
     * @return what happened, and the versions of Kotlin's libraries that it happened on
     */
    public static String tell() throws Exception {
        Stories stories = new Stories();
        stories.call();
        stories.stop();
        stories.future();
        stories.queue(Files.createTempDirectory(Path.of("target"), "queue").resolve("calls.db"));
        stories.workflow();
        return String.join(" | ", stories.log);
    }

    /**
     * Names the versions that are on the class path or module path.
     *
     * @return for example {@code coroutines 1.8.1, stdlib 1.9.25}
     */
    public static String versions() throws IOException {
        String resource = "/META-INF/kotlinx_coroutines_core.version";
        try (InputStream version = CoroutineScope.class.getResourceAsStream(resource)) {
            String coroutines = new String(version.readAllBytes(), StandardCharsets.UTF_8);
            return "coroutines " + coroutines + ", stdlib " + KotlinVersion.CURRENT;
        }
    }

    private static String answer(int call) throws ConnectException {
        if (call < 3) {
            throw new ConnectException("refused");
        }
        return "answer " + call;
    }

    private void call() throws Exception {
        RetryRunner soon = RetryRunner.builder().every(Duration.ofMillis(1)).maxAttempts(3).build();
        log.add(soon.callWithAttempt(attempt -> answer(attempt.getNumber())));
    }

    private void stop() throws Exception {
        StopSignal shutdown = new StopSignal();
        RetryRunner reconnect =
                RetryRunner.builder()
                        .every(Duration.ofHours(1))
                        .beforeRetry(event -> shutdown.stop("closing time"))
                        .stopWhen(shutdown)
                        .build();
        RetryOutcome<String> outcome = reconnect.outcome(() -> answer(1));
        log.add(outcome instanceof RetryOutcome.Failure f ? "" + f.getReport().getStopReason() : "");
    }

    private void future() throws Exception {
        RetryRunner soon =
                RetryRunner.builder()
                        .every(Duration.ofMillis(1))
                        .attemptTimeout(Duration.ofSeconds(20))
                        .maxAttempts(3)
                        .build();
        log.add(
                soon.supplyAsyncWithAttempt(attempt -> answer(attempt.getNumber()))
                        .get(20, TimeUnit.SECONDS));
    }

    private void queue(Path file) throws Exception {
        Target<String, String> charge = Target.text("charge");
        try (QueueRunner queue =
                QueueRunner.open(file)
                        .handle(
                                charge,
                                (call, order) -> order + " paid, " + answer(call.getAttempt()))
                        .policy("every(1ms) maxAttempts(3)")
                        .build()
                        .start()) {
            log.add(queue.enqueue(charge, "42 EUR").resultAsync().get(20, TimeUnit.SECONDS));
        }
    }

    private void workflow() throws Exception {
        Workflow order =
                Workflows.linear(
                        "order",
                        steps -> {
                            steps.action("reserve", () -> log.add("reserved"))
                                    .revert(nothing -> log.add("released"));
                            steps.action("charge", () -> answer(1));
                        });
        try (WorkflowRunner runner = WorkflowRunner.inMemory().build()) {
            runner.of(order).execute();
        }
    }
}
