package dev.reprise.samples.tour;

import dev.reprise.policy.RetryHint;
import java.io.IOException;
import java.time.Duration;

// docs:begin hint
final class Throttled extends IOException implements RetryHint {
    private static final long serialVersionUID = 1;
    private final Duration pause;

    Throttled(Duration pause) {
        super("429");
        this.pause = pause;
    }

    @Override
    public Duration getRetryAfter() {
        return pause;
    }
}
// docs:end
