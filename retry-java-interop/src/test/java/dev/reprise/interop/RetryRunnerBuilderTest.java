package dev.reprise.interop;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

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

    /** What is refused, and what the message has to say. */
    private static final Map<String, UnaryOperator<RetriesBuilder>> REFUSED =
            Map.ofEntries(
                    Map.entry(
                            "nothing ends these retries: say maxAttempts(n)", b -> b.every(SECOND)),
                    Map.entry("every must not be negative, but was PT-1S", b -> b.every(NEGATIVE)),
                    Map.entry("base must be positive", b -> b.exponential(Duration.ZERO)),
                    Map.entry("factor must be a finite", b -> b.exponential(SECOND, 0.5, AGES)),
                    Map.entry(
                            "max must be at least base (PT1S)",
                            b -> b.exponential(SECOND, 2, Duration.ZERO)),
                    Map.entry("delays must name at least one wait", b -> b.delays(List.of())),
                    Map.entry("a wait must not be negative", b -> b.delays(SECOND, NEGATIVE)),
                    Map.entry("maxAttempts must be positive, but was 0", b -> b.maxAttempts(0)),
                    Map.entry("maxAttempts must be positive, but was -1", b -> b.maxAttempts(-1)),
                    Map.entry("maxRetries must not be negative", b -> b.maxRetries(-1)),
                    Map.entry(
                            "maxAttempts(3) contradicts maxRetries(2)",
                            b -> b.maxRetries(2).maxAttempts(3)),
                    Map.entry("contradicts every", b -> b.every(SECOND).linear(SECOND)),
                    Map.entry("forever() contradicts", b -> b.forever().maxAttempts(2)),
                    Map.entry("within must be positive", b -> b.within(Duration.ZERO)),
                    Map.entry("attemptTimeout must be positive", b -> b.attemptTimeout(NEGATIVE)),
                    Map.entry("initialDelay must not be negative", b -> b.initialDelay(NEGATIVE)),
                    Map.entry(
                            "initialDelay",
                            b -> b.initialDelay(Duration.ofSeconds(2)).within(SECOND)),
                    Map.entry(
                            "grace must not be negative",
                            b -> b.stopWhen(new StopSignal(), NEGATIVE)),
                    Map.entry(
                            "jitter(Full) spreads nothing",
                            b -> b.jitter(Jitter.Full).maxAttempts(2)),
                    Map.entry(
                            "delayFrom is given twice",
                            b -> b.delayFrom(e -> null).delayFrom(e -> null)));

    @Test
    void refusesWhatMakesNoSenseAndSaysWhatMendsIt() {
        REFUSED.forEach(
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
        assertEquals("delay", e.getMessage());
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
                                        .jitter(Jitter.None)
                                        .within(AGES)
                                        .attemptTimeout(AGES)
                                        .maxAttempts(2)
                                        .time(time)
                                        .build());
        assertEquals(2, retries.call(Flaky.failing(1)));
        assertEquals(146, time.elapsed().toDays() / 365);
    }

    @Test
    void whatIsBuiltDoesNotChangeAfterwards() {
        RetriesBuilder builder = RetryRunner.builder().on(IOException.class).maxAttempts(3);
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
    void anEndlessIterableIsAskedAnewByEachRun() throws Exception {
        AtomicInteger iterators = new AtomicInteger();
        Iterable<Duration> waits =
                () -> {
                    iterators.incrementAndGet();
                    return List.of(SECOND, SECOND, SECOND).iterator();
                };
        VirtualTime time = new VirtualTime();
        RetryRunner retries = RetryRunner.builder().delays(waits).time(time).build();
        for (int run = 0; run < 2; run++) {
            Flaky flaky = Flaky.always();
            assertThrows(IOException.class, () -> retries.call(flaky));
            assertEquals(4, flaky.count());
        }
        assertEquals(2, iterators.get());
    }

    @Test
    void theCurvesAreWhatTheirNamesSay() throws Exception {
        assertEquals(31, seconds(Waits.exponential(SECOND).jitter(Jitter.None)));
        assertEquals(
                1 + 3 + 5 + 5 + 5,
                seconds(Waits.exponential(SECOND, 3, Duration.ofSeconds(5)).jitter(Jitter.None)));
        assertEquals(15, seconds(Waits.linear(SECOND)));
        assertEquals(
                1 + 3 + 4 + 4 + 4,
                seconds(Waits.linear(SECOND, SECOND.multipliedBy(2), SECOND.multipliedBy(4))));
        assertEquals(1 + 1 + 2 + 3 + 5, seconds(Waits.fibonacci(SECOND)));
        assertEquals(1 + 1 + 2 + 3 + 3, seconds(Waits.fibonacci(SECOND, Duration.ofSeconds(3))));
        assertEquals(5, seconds(Waits.every(SECOND)));
    }

    /** The sum of the first five waits. */
    private static long seconds(Waits waits) throws Exception {
        VirtualTime time = new VirtualTime();
        RetryRunner.builder().waits(waits).maxAttempts(6).time(time).build().call(Flaky.failing(5));
        return time.elapsed().toSeconds();
    }
}
