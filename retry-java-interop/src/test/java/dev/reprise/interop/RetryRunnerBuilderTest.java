package dev.reprise.interop;

import static dev.reprise.ScheduleBuilder.schedule;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.ScheduleBuilder;
import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.policy.Jitter;
import dev.reprise.run.StopSignal;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class RetryRunnerBuilderTest {
    private static final Duration NEGATIVE = Duration.ofSeconds(-1);
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration AGES = Duration.ofSeconds(Long.MAX_VALUE);

    /** What is rejected, and what the message must contain. */
    private static final Map<String, UnaryOperator<RetryRunner.Builder>> REJECTED =
            Map.ofEntries(
                    Map.entry(
                            "This policy never ends. Add maxAttempts(n), maxRetries(n), maxDuration(d), delays(list),"
                                    + " stopWhen(signal) or budget(budget)",
                            b -> b.every(SECOND)),
                    Map.entry("every must not be negative, but was -1s", b -> b.every(NEGATIVE)),
                    Map.entry("base must be positive", b -> b.exponential(Duration.ZERO)),
                    Map.entry("factor must be a finite", b -> b.exponential(SECOND, 0.5, AGES)),
                    Map.entry(
                            "max must be at least base (1s)",
                            b -> b.exponential(SECOND, 2, Duration.ZERO)),
                    Map.entry("delays must not be empty", b -> b.delays(List.of())),
                    Map.entry("a delay must not be negative", b -> b.delays(SECOND, NEGATIVE)),
                    Map.entry("maxAttempts must be at least 1, but was 0", b -> b.maxAttempts(0)),
                    Map.entry("maxAttempts must be at least 1, but was -1", b -> b.maxAttempts(-1)),
                    Map.entry("maxRetries must not be negative", b -> b.maxRetries(-1)),
                    Map.entry(
                            "maxAttempts(3) contradicts maxRetries(2)",
                            b -> b.maxRetries(2).maxAttempts(3)),
                    Map.entry("contradicts every", b -> b.every(SECOND).linear(SECOND)),
                    Map.entry("forever() contradicts", b -> b.forever().maxAttempts(2)),
                    Map.entry("maxDuration must be positive", b -> b.maxDuration(Duration.ZERO)),
                    Map.entry("attemptTimeout must be positive", b -> b.attemptTimeout(NEGATIVE)),
                    Map.entry("initialDelay must not be negative", b -> b.initialDelay(NEGATIVE)),
                    Map.entry(
                            "initialDelay",
                            b -> b.initialDelay(Duration.ofSeconds(2)).maxDuration(SECOND)),
                    Map.entry(
                            "grace must not be negative",
                            b -> b.stopWhen(new StopSignal(), NEGATIVE)),
                    Map.entry(
                            "jitter(FULL) needs delays to spread",
                            b -> b.jitter(Jitter.FULL).maxAttempts(2)),
                    Map.entry(
                            "retryAfter was set before",
                            b -> b.retryAfter(e -> null).retryAfter(e -> null)));

    @Test
    void rejectsSettingsThatMakeNoSenseAndSaysHowToFixThem() {
        REJECTED.forEach(
                (says, calls) -> {
                    IllegalArgumentException e =
                            assertThrows(
                                    IllegalArgumentException.class,
                                    () -> calls.apply(RetryRunner.builder()).build(),
                                    says);
                    String message = String.valueOf(e.getMessage());
                    assertEquals(
                            says,
                            message.substring(message.indexOf(says)).substring(0, says.length()));
                    for (String kotlin : List.of(".seconds", "{ }", "<")) {
                        assertFalse(message.contains(kotlin), message);
                    }
                });
    }

    @Test
    void namesTheArgumentThatIsNull() {
        NullPointerException e =
                assertThrows(
                        NullPointerException.class, () -> RetryRunner.builder().every(nothing()));
        assertTrue(String.valueOf(e.getMessage()).endsWith("parameter delay"), e::getMessage);
    }

    @SuppressWarnings("TypeParameterUnusedInFormals")
    private static <T> T nothing() {
        return null;
    }

    @Test
    void durationsBeyondTheRangeSaturate() throws Exception {
        VirtualTime time = new VirtualTime();
        RetryRunner retries =
                assertDoesNotThrow(
                        () ->
                                RetryRunner.builder()
                                        .exponential(AGES, 1e9, AGES)
                                        .jitter(Jitter.NONE)
                                        .maxDuration(AGES)
                                        .attemptTimeout(AGES)
                                        .maxAttempts(2)
                                        .testing(t -> t.time(time))
                                        .build());
        assertEquals(2, retries.call(Flaky.failing(1)));
        assertEquals(146, time.elapsed().toDays() / 365);
    }

    @Test
    void aBuiltRunnerDoesNotChangeAfterwards() {
        RetryRunner.Builder builder = RetryRunner.builder().on(IOException.class).maxAttempts(3);
        RetryRunner built = builder.build();
        builder.unless(IOException.class).on(IllegalStateException.class);
        Flaky flaky = Flaky.always();
        assertThrows(IOException.class, () -> built.call(flaky));
        assertEquals(3, flaky.count());
        AtomicInteger calls = new AtomicInteger();
        assertThrows(
                IllegalStateException.class,
                () ->
                        built.run(
                                () -> {
                                    calls.incrementAndGet();
                                    throw new IllegalStateException();
                                }));
        assertEquals(1, calls.get());
    }

    @Test
    void anIterableIsIteratedAgainByEachRun() throws Exception {
        AtomicInteger iterators = new AtomicInteger();
        Iterable<Duration> delays =
                () -> {
                    iterators.incrementAndGet();
                    return List.of(SECOND, SECOND, SECOND).iterator();
                };
        VirtualTime time = new VirtualTime();
        RetryRunner retries =
                RetryRunner.builder().delays(delays).testing(t -> t.time(time)).build();
        for (int run = 0; run < 2; run++) {
            Flaky flaky = Flaky.always();
            assertThrows(IOException.class, () -> retries.call(flaky));
            assertEquals(4, flaky.count());
        }
        assertEquals(2, iterators.get());
    }

    @Test
    void theSchedulesMatchTheirNames() throws Exception {
        assertEquals(31, seconds(schedule().exponential(SECOND).jitter(Jitter.NONE)));
        assertEquals(
                1 + 3 + 5 + 5 + 5,
                seconds(
                        schedule()
                                .exponential(SECOND, 3, Duration.ofSeconds(5))
                                .jitter(Jitter.NONE)));
        assertEquals(15, seconds(schedule().linear(SECOND)));
        assertEquals(
                1 + 3 + 4 + 4 + 4,
                seconds(schedule().linear(SECOND, SECOND.multipliedBy(2), SECOND.multipliedBy(4))));
        assertEquals(1 + 1 + 2 + 3 + 5, seconds(schedule().fibonacci(SECOND)));
        assertEquals(
                1 + 1 + 2 + 3 + 3, seconds(schedule().fibonacci(SECOND, Duration.ofSeconds(3))));
        assertEquals(5, seconds(schedule().every(SECOND)));
    }

    /** The sum of the first five delays. */
    private static long seconds(ScheduleBuilder schedule) throws Exception {
        VirtualTime time = new VirtualTime();
        RetryRunner.builder()
                .schedule(schedule)
                .maxAttempts(6)
                .testing(t -> t.time(time))
                .build()
                .call(Flaky.failing(5));
        return time.elapsed().toSeconds();
    }
}
