package dev.reprise.samples.tour;

import java.io.IOException;
import java.time.Duration;

// readme:begin hint
final class Throttled extends IOException {
    final Duration retryAfter;

    Throttled(Duration retryAfter) {
        super("429");
        this.retryAfter = retryAfter;
    }

    private static final long serialVersionUID = 1;
}
// readme:end
