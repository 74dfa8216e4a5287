package dev.reprise.interop;

import dev.reprise.run.Attempt;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What the body of a retry may know about the attempt it makes: the facts at its start. */
public final class AttemptInfo {
    private final Attempt attempt;

    AttemptInfo(Attempt attempt) {
        this.attempt = attempt;
    }

    /**
     * Counts the attempts of the run.
     *
     * @return the number of this one, from 1
     */
    public int number() {
        return attempt.getNumber();
    }

    /**
     * Tells the first attempt from the others.
     *
     * @return true from the second attempt on
     */
    public boolean isRetry() {
        return attempt.isRetry();
    }

    /**
     * From the start of the run to the start of this attempt.
     *
     * @return zero for the first attempt, unless it had an {@code initialDelay}
     */
    public Duration elapsed() {
        return Bridge.elapsed(attempt);
    }

    /**
     * From the start of this attempt to the end of {@code within}.
     *
     * @return empty if the run has no such end
     */
    public Optional<Duration> remaining() {
        return Optional.ofNullable(Bridge.remaining(attempt));
    }

    /**
     * The failure of the attempt before.
     *
     * @return empty in the first attempt, and after a rejected result
     */
    public Optional<Throwable> lastFailure() {
        return Optional.ofNullable(attempt.getLastFailure());
    }

    /**
     * The failures so far.
     *
     * @return the last few, oldest first
     */
    public List<Throwable> failures() {
        return attempt.getFailures();
    }

    @Override
    public String toString() {
        return attempt.toString();
    }
}
