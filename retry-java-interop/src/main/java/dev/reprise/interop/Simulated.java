package dev.reprise.interop;

import dev.reprise.policy.StopReason;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A run as a policy would have it, if every attempt failed at once.
 *
 * @param initialDelay the wait before the first attempt
 * @param delays the waits between the attempts
 * @param attempts how many attempts were made
 * @param elapsed from the start of the run to the end of the last attempt
 * @param stop why the run gave up; null if it would go on
 */
public record Simulated(
        Duration initialDelay,
        List<Duration> delays,
        int attempts,
        Duration elapsed,
        @Nullable StopReason stop) {}
