package dev.reprise.samples;

import java.io.IOException;
import java.time.Duration;

/** The server is busy now, but is expected not to be after {@link #retryAfter}. */
final class BusyException extends IOException {
    private static final long serialVersionUID = 1;

    private final Duration retryAfter;

    BusyException(Duration retryAfter) {
        super("503, come back in " + retryAfter.toSeconds() + "s");
        this.retryAfter = retryAfter;
    }

    Duration retryAfter() {
        return retryAfter;
    }
}
