package dev.reprise.samples.clients;

import dev.reprise.http.HttpRules;
import dev.reprise.http.RetryAfter;
import dev.reprise.policy.RetryHint;
import java.io.IOException;
import java.time.Duration;

/**
 * A status that is a failure; the rules decide whether it is retried, and the server how much
 * later.
 */
final class HttpStatusException extends IOException implements RetryHint {
    private static final long serialVersionUID = 1;
    private final int status;
    private final boolean isIdempotent;
    private final Duration pause;

    HttpStatusException(int status, boolean isIdempotent, String retryAfter) {
        super("HTTP " + status);
        this.status = status;
        this.isIdempotent = isIdempotent;
        this.pause = RetryAfter.parse(retryAfter, null);
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
