package dev.reprise.samples.clients;

import dev.reprise.PolicySession;
import dev.reprise.RetryPolicy;
import dev.reprise.policy.Decision;
import dev.reprise.policy.FailedAttempt;
import feign.RetryableException;
import feign.Retryer;
import java.time.Duration;

// docs:begin feign
/** Decides for Feign by a policy. An ErrorDecoder has to make RetryableExceptions of statuses. */
final class PolicyRetryer implements Retryer {
    private final RetryPolicy policy;
    private final PolicySession session; // of one request
    private final long start = System.nanoTime();
    private int attempt;

    PolicyRetryer(RetryPolicy policy) {
        this.policy = policy;
        this.session = policy.session();
    }

    @Override
    public void continueOrPropagate(RetryableException failure) {
        Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
        Decision decision =
                session.decide(new FailedAttempt(++attempt, elapsed, failure.getCause()));
        if (decision.getDelay() == null) {
            throw failure;
        }
        try {
            Thread.sleep(decision.getDelay().toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failure;
        }
    }

    @Override
    public Retryer clone() {
        return new PolicyRetryer(policy);
    }
}
// docs:end
