package dev.reprise.interop.queue;

import dev.reprise.queue.model.CallState;
import dev.reprise.queue.model.DeadReason;
import dev.reprise.queue.model.Payload;
import dev.reprise.queue.spi.StoredCall;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * One durable call, as its store holds it: a snapshot, which does not change when the call goes on.
 * All instants are on the clock of the store.
 */
public final class CallInfo {
    private final StoredCall call;

    CallInfo(StoredCall call) {
        this.call = call;
    }

    /**
     * The correlation id.
     *
     * @return unguessable, sorted by the time of its making, fit for a URL
     */
    public String cid() {
        return call.getCid();
    }

    /**
     * The name of the handler.
     *
     * @return 1 to 200 characters
     */
    public String handler() {
        return call.getHandler();
    }

    /**
     * Where the call stands.
     *
     * @return its state
     */
    public CallState state() {
        return call.getState();
    }

    /**
     * Why the call is dead.
     *
     * @return empty in any other state
     */
    public Optional<DeadReason> deadReason() {
        return Optional.ofNullable(call.getDeadReason());
    }

    /**
     * How often the handler ran to an end, good or bad.
     *
     * @return over all runs, also those before a replay
     */
    public int attempts() {
        return call.getCounters().getAttempts();
    }

    /**
     * How many of the attempts failed.
     *
     * @return over all runs
     */
    public int failures() {
        return call.getCounters().getFailures();
    }

    /**
     * How often a worker took the call.
     *
     * @return over all runs
     */
    public int claims() {
        return call.getCounters().getClaims();
    }

    /**
     * How often the worker that had the call died.
     *
     * @return over all runs
     */
    public int crashes() {
        return call.getCounters().getCrashes();
    }

    /**
     * How often the handler asked to be called later, which is no attempt.
     *
     * @return over all runs
     */
    public int snoozes() {
        return call.getCounters().getSnoozes();
    }

    /**
     * The version of the handler that made the last attempt.
     *
     * @return empty before the first
     */
    public OptionalInt handlerVersion() {
        Integer version = call.getHandlerVersion();
        return version == null ? OptionalInt.empty() : OptionalInt.of(version);
    }

    /**
     * When the call was accepted.
     *
     * @return an instant of the store
     */
    public Instant enqueuedAt() {
        return Instant.ofEpochMilli(call.getEnqueuedAt());
    }

    /**
     * The call is not claimed before this instant.
     *
     * @return an instant of the store
     */
    public Instant dueAt() {
        return Instant.ofEpochMilli(call.getDueAt());
    }

    /**
     * When the call ended.
     *
     * @return empty before that
     */
    public Optional<Instant> endedAt() {
        return instant(call.getEndedAt());
    }

    /**
     * No attempt starts at or after this instant.
     *
     * @return empty if there is no deadline
     */
    public Optional<Instant> deadline() {
        return instant(call.getOrder().getDeadline());
    }

    /**
     * The policy of the call.
     *
     * @return in its notation
     */
    public String policy() {
        return call.getOrder().getPolicy();
    }

    /**
     * Higher ones are claimed first.
     *
     * @return from 0 to 9
     */
    public int priority() {
        return call.getOrder().getPriority();
    }

    /**
     * Calls with the same key run one after the other.
     *
     * @return empty if the call has no order
     */
    public Optional<String> orderKey() {
        return Optional.ofNullable(call.getOrder().getOrderKey());
    }

    /**
     * While this call has not ended, no other with the same key is accepted.
     *
     * @return empty if it is not unique
     */
    public Optional<String> uniqueKey() {
        return Optional.ofNullable(call.getOrder().getUniqueKey());
    }

    /**
     * The handlers that are told the outcome.
     *
     * @return their names
     */
    public List<String> callbacks() {
        return call.getOrder().getCallbacks();
    }

    /**
     * What the caller gave along for the callbacks.
     *
     * @return empty if nothing
     */
    public Optional<String> context() {
        return Optional.ofNullable(call.getOrder().getContext());
    }

    /**
     * The handler that asked for this call.
     *
     * @return empty if none did
     */
    public Optional<String> source() {
        return Optional.ofNullable(call.getOrder().getSource());
    }

    /**
     * The correlation id of the call in which this one was asked for.
     *
     * @return empty if in none
     */
    public Optional<String> origCid() {
        return Optional.ofNullable(call.getOrder().getOrigCid());
    }

    /**
     * The request.
     *
     * @return its bytes, as its codec wrote them; not copied
     */
    public byte[] request() {
        return call.getOrder().getPayload().getBytes();
    }

    /**
     * What the handler returned.
     *
     * @return its bytes, as its codec wrote them; not copied; empty unless the call succeeded
     */
    public Optional<byte[]> response() {
        return Optional.ofNullable(call.getResponse()).map(Payload::getBytes);
    }

    private static Optional<Instant> instant(@Nullable Long millis) {
        return Optional.ofNullable(millis).map(Instant::ofEpochMilli);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof CallInfo info && call.equals(info.call);
    }

    @Override
    public int hashCode() {
        return call.hashCode();
    }

    @Override
    public String toString() {
        String dead = call.getDeadReason() == null ? "" : "(" + call.getDeadReason() + ")";
        return "CallInfo(" + cid() + ", " + handler() + ", " + state() + dead + ")";
    }
}
