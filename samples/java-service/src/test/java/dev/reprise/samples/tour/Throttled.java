package dev.reprise.samples.tour;

import java.io.IOException;
import java.time.Duration;

/** The server asks for a pause. */
final class Throttled extends IOException {
    private static final long serialVersionUID = 1;

    final Duration retryAfter;

    Throttled(Duration retryAfter) {
        super("429");
        this.retryAfter = retryAfter;
    }
}
