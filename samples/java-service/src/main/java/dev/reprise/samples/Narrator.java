package dev.reprise.samples;

import dev.reprise.interop.Event;
import dev.reprise.policy.AttemptTimeoutException;
import dev.reprise.policy.StopReason;
import java.net.ConnectException;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Consumer;

/** Tells what happens, attempt by attempt, in words. */
final class Narrator implements Consumer<Event> {
    private final Consumer<String> say;

    Narrator(Consumer<String> say) {
        this.say = say;
    }

    @Override
    public void accept(Event event) {
        String at = " at " + words(event.elapsed());
        String attempt = "  attempt " + event.number() + at + ": ";
        if (event instanceof Event.AttemptFailed failed) {
            say.accept(attempt + words(failed.failure()) + " - " + next(failed.nextDelay()));
        } else if (event instanceof Event.Succeeded) {
            say.accept(attempt + "it worked");
        } else if (event instanceof Event.GaveUp gaveUp) {
            say.accept("  gave up" + at + ": " + words(gaveUp.report().reason()));
        } else {
            say.accept("  cancelled" + at + " - nothing more will be tried");
        }
    }

    private static String next(Duration delay) {
        return delay == null ? "no further try" : "next try in " + words(delay);
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
            return "the server is busy, it says " + failure.getMessage();
        }
        return failure instanceof AttemptTimeoutException ? "no answer in time" : "" + failure;
    }

    private static String words(StopReason reason) {
        return switch (reason) {
            case EXHAUSTED -> "all attempts are used up";
            case DEADLINE -> "there is no time for another attempt";
            case ABORTED -> "this failure is not worth another attempt";
            case STOPPED -> "a stop was requested";
            case BUDGET -> "too many retries are under way already";
            case CANCELLED -> "the caller cancelled";
        };
    }
}
