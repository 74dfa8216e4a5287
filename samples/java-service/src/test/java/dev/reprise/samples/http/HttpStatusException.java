package dev.reprise.samples.http;

import dev.reprise.http.HttpRules;
import dev.reprise.http.RetryAfter;
import dev.reprise.policy.RetryHint;
import java.io.IOException;
import java.time.Duration;

// docs:begin http-status
final class HttpStatusException extends IOException implements RetryHint {
    private static final long serialVersionUID = 1;
    private final int status;
    private final boolean isIdempotent;
    private final Duration pause;

    HttpStatusException(int status, boolean isIdempotent, String retryAfterHeader) {
        super("HTTP " + status);
        this.status = status;
        this.isIdempotent = isIdempotent;
        this.pause = RetryAfter.parse(retryAfterHeader, null);
    }

    @Override
    public Boolean isRetryable() {
        return HttpRules.DEFAULT.retriesStatus(status, isIdempotent, pause != null);
    }

    @Override
    public Duration getRetryAfter() {
        return pause;
    }
}
// docs:end
