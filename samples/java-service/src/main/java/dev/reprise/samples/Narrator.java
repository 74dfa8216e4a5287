package dev.reprise.samples;

import dev.reprise.policy.AttemptTimeoutException;
import dev.reprise.policy.StopReason;
import dev.reprise.run.RetryEvent;
import dev.reprise.run.RetryListener;
import java.net.ConnectException;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Consumer;

/** Prints what happens, attempt by attempt, in words. */
final class Narrator implements RetryListener {
    private final Consumer<String> say;

    Narrator(Consumer<String> say) {
        this.say = say;
    }

    @Override
    public void onEvent(RetryEvent event) {
        String at = " at " + words(event.getElapsed());
        String attempt = "  attempt " + event.getNumber() + at + ": ";
        if (event instanceof RetryEvent.AttemptFailed failed) {
            say.accept(attempt + words(failed.getFailure()) + " - " + next(failed.getNextDelay()));
        } else if (event instanceof RetryEvent.Succeeded) {
            say.accept(attempt + "it worked");
        } else if (event instanceof RetryEvent.GaveUp gaveUp) {
            say.accept("  gave up" + at + ": " + words(gaveUp.getReport().getStopReason()));
        } else {
            say.accept("  cancelled" + at + " - no further attempt");
        }
    }

    private static String next(Duration delay) {
        return delay == null ? "no further attempt" : "next attempt in " + words(delay);
    }

    private static String words(Duration time) {
        return time.toSeconds() < 1
                ? time.toMillis() + "ms"
                : String.format(Locale.ROOT, "%.1fs", time.toMillis() / 1000.0);
    }

    private static String words(Throwable failure) {
        if (failure instanceof ConnectException) {
            return "connection refused";
        }
        if (failure instanceof BusyException) {
            return "the server is busy: " + failure.getMessage();
        }
        return failure instanceof AttemptTimeoutException ? "no response in time" : "" + failure;
    }

    private static String words(StopReason reason) {
        return switch (reason) {
            case EXHAUSTED -> "all attempts are used up";
            case DEADLINE -> "there is no time for another attempt";
            case NOT_RETRYABLE -> "this failure is not worth another attempt";
            case STOPPED -> "a stop was requested";
            case BUDGET -> "the retry budget is empty";
            case CANCELLED -> "the caller cancelled";
        };
    }
}
