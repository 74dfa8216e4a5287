package dev.reprise.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.policy.AttemptTimeoutException;
import dev.reprise.run.Attempt;
import dev.reprise.run.RetryStoppedException;
import dev.reprise.run.StopSignal;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Stops, interrupts and time limits. */
class RetryRunnerCutTest {
    private final VirtualTime time = new VirtualTime();

    private RetryRunner.Builder builder() {
        return RetryRunner.builder().testing(t -> t.time(time));
    }

    @AfterEach
    void leavesNoInterruptBehind() {
        assertFalse(Thread.interrupted());
    }

    @Test
    void aStopInTheMiddleOfAWaitLeavesTheClockThere() {
        StopSignal stop = new StopSignal();
        time.after(Duration.ofSeconds(90), stop::stop);
        RetryRunner retries = builder().every(Duration.ofSeconds(60)).stopWhen(stop).build();
        assertThrows(IOException.class, () -> retries.call(Flaky.always()));
        assertEquals(Duration.ofSeconds(90), time.elapsed());
    }

    @Test
    void stoppedBeforeTheFirstAttemptMakesNone() {
        StopSignal stop = new StopSignal();
        stop.stop("too late");
        Flaky flaky = Flaky.always();
        RetryRunner retries = builder().stopWhen(stop).build();
        RetryStoppedException e =
                assertThrows(RetryStoppedException.class, () -> retries.call(flaky));
        assertEquals(0, flaky.count());
        assertTrue(e.getMessage().contains("too late"), e.getMessage());
    }

    @Test
    void aGraceEndsARunningAttempt() {
        StopSignal stop = new StopSignal();
        RetryRunner retries = builder().stopWhen(stop, Duration.ofSeconds(5)).build();
        time.after(Duration.ofSeconds(10), stop::stop);
        assertThrows(
                RetryStoppedException.class,
                () -> retries.run(() -> time.sleep(Duration.ofHours(1))));
        assertEquals(Duration.ofSeconds(15), time.elapsed());
    }

    @Test
    void withoutADeadlineNothingRemains() throws Exception {
        assertNull(builder().maxAttempts(1).build().callWithAttempt(Attempt::getRemaining));
    }

    @Test
    void interruptedBodiesAreNeverRetried() {
        for (Exception interruption :
                List.of(
                        new InterruptedException(),
                        new ClosedByInterruptException(),
                        new RuntimeException(new InterruptedException()))) {
            AtomicInteger calls = new AtomicInteger();
            Exception caught =
                    assertThrows(
                            Exception.class,
                            () ->
                                    builder()
                                            .forever()
                                            .build()
                                            .run(
                                                    () -> {
                                                        calls.incrementAndGet();
                                                        throw interruption;
                                                    }));
            assertSame(interruption, caught);
            assertEquals(1, calls.get());
            assertTrue(Thread.interrupted(), "the flag stays set after " + interruption);
        }
    }

    @Test
    void anInterruptEndsAWait() {
        Thread self = Thread.currentThread();
        time.after(Duration.ofSeconds(30), self::interrupt);
        InterruptedException e =
                assertThrows(
                        InterruptedException.class,
                        () ->
                                builder()
                                        .every(Duration.ofSeconds(60))
                                        .forever()
                                        .build()
                                        .call(Flaky.always()));
        assertTrue(Thread.interrupted());
        assertEquals("failure 1", e.getSuppressed()[0].getMessage());
        assertEquals(Duration.ofSeconds(30), time.elapsed());
    }

    @Test
    void anAttemptTimeoutInterruptsTheBodyAndIsRetried() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        String result =
                builder()
                        .attemptTimeout(Duration.ofSeconds(2))
                        .maxAttempts(2)
                        .build()
                        .call(
                                () -> {
                                    if (calls.incrementAndGet() == 1) {
                                        time.sleep(Duration.ofHours(1));
                                    }
                                    return "done";
                                });
        assertEquals("done", result);
        assertEquals(Duration.ofSeconds(2), time.elapsed());
    }

    @Test
    void theDeadlineCancelsARunningAttempt() {
        assertThrows(
                AttemptTimeoutException.class,
                () ->
                        builder()
                                .maxDuration(Duration.ofSeconds(7))
                                .build()
                                .run(() -> time.sleep(Duration.ofHours(1))));
        assertEquals(Duration.ofSeconds(7), time.elapsed());
    }
}
