package dev.reprise.samples.http;

import dev.reprise.policy.RetryHint;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;

// docs:begin http-status
final class HttpStatusException extends IOException implements RetryHint {
    private static final long serialVersionUID = 1;
    private static final Set<Integer> RETRYABLE = Set.of(408, 429, 502, 503, 504);
    private final int status;
    private final Duration pause;

    HttpStatusException(int status, Duration pause) {
        super("HTTP " + status);
        this.status = status;
        this.pause = pause;
    }

    @Override
    public Boolean isRetryable() {
        return RETRYABLE.contains(status);
    }

    @Override
    public Duration getRetryAfter() {
        return pause;
    }
}
// docs:end
