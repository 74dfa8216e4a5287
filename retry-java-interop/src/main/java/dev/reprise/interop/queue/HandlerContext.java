package dev.reprise.interop.queue;

import dev.reprise.queue.model.CallContext;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What a handler may know and do while it works on a call. */
public final class HandlerContext {
    private final CallContext core;
    private final QueueLife life;
    private final Caller caller;

    HandlerContext(CallContext core, QueueLife life, Caller caller) {
        this.core = core;
        this.life = life;
        this.caller = caller;
    }

    /**
     * The correlation id of the call, the same in every attempt: a good idempotency key.
     *
     * @return unguessable, sorted by the time of its making, fit for a URL
     */
    public String cid() {
        return core.getCall().getCid();
    }

    /**
     * Counts the attempts.
     *
     * @return the number of this one in the present run, from 1; a replay starts a new run
     */
    public int attempt() {
        return core.getAttempt();
    }

    /**
     * The call as it was claimed.
     *
     * @return a snapshot
     */
    public CallInfo call() {
        return new CallInfo(core.getCall());
    }

    /**
     * How long this attempt may take yet, before it is cut.
     *
     * @return empty if nothing cuts it
     */
    public Optional<Duration> remaining() {
        return Optional.ofNullable(QueueBridge.remaining(core));
    }

    /**
     * Ends this attempt and has the call made again later; that counts as a snooze and not as an
     * attempt. It throws, so that forgetting to {@code throw} does no harm: {@code throw
     * call.snooze(Duration.ofHours(1));}
     *
     * @param delay from now
     * @return never
     * @throws IllegalArgumentException if {@code delay} is negative
     */
    public RuntimeException snooze(Duration delay) {
        return QueueBridge.snooze(core, Objects.requireNonNull(delay, "delay"));
    }

    /**
     * Ends the call for good: it is dead, {@code REJECTED}, whatever its policy says. It throws:
     * {@code throw call.reject("no such account");}
     *
     * @param reason for the people who look at dead letters
     * @return never
     */
    public RuntimeException reject(String reason) {
        return reject(reason, null);
    }

    /**
     * Ends the call for good, because of a failure.
     *
     * @param reason for the people who look at dead letters
     * @param cause what is written down as the failure of this attempt
     * @return never
     */
    public RuntimeException reject(String reason, @Nullable Throwable cause) {
        core.reject(Objects.requireNonNull(reason, "reason"), cause);
        throw new AssertionError("reject returned");
    }

    /**
     * Enqueues a call at most once for this call and this step, however often this handler is
     * attempted.
     *
     * @param <Q> the request
     * @param <R> the response
     * @param step names it among the steps of this handler
     * @param target whom to call
     * @param request with what
     * @return the call, new or from an earlier attempt
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> QueuedCall<R> enqueueOnce(
            String step, CallTarget<Q, R> target, Q request) {
        return enqueueOnce(step, target, request, options -> {});
    }

    /**
     * Enqueues a call at most once for this call and this step.
     *
     * @param <Q> the request
     * @param <R> the response
     * @param step names it among the steps of this handler
     * @param target whom to call
     * @param request with what
     * @param options how; a {@code uniqueKey} said here is not regarded
     * @return the call, new or from an earlier attempt
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> QueuedCall<R> enqueueOnce(
            String step,
            CallTarget<Q, R> target,
            Q request,
            Consumer<? super CallOptions> options) {
        Objects.requireNonNull(step, "step");
        Objects.requireNonNull(options, "options");
        return QueueBridge.enqueueOnce(
                life, caller, core, step, target.asTarget(), request, options);
    }

    /**
     * Runs {@code body} as a part of this call on any thread: what is enqueued or invoked in it has
     * this call as {@code orig_cid} and this handler as {@code source}. On the thread that runs the
     * handler that is so anyway; the later stages of an asynchronous handler need it.
     *
     * @param <T> the type of the result
     * @param body any code
     * @return what it returned
     * @throws Exception what it threw
     */
    public <T extends @Nullable Object> T within(Callable<T> body) throws Exception {
        return caller.call(body);
    }
}
