package dev.reprise.interop.queue;

import dev.reprise.queue.model.CallOutcome;
import dev.reprise.queue.model.PayloadCodec;
import dev.reprise.queue.model.Target;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Names a handler and says what goes in and out: a value that callers and handlers share.
 *
 * @param <Q> the request
 * @param <R> the response
 */
public final class CallTarget<Q extends @Nullable Object, R extends @Nullable Object> {
    private final Target<Q, R> target;

    private CallTarget(Target<Q, R> target) {
        this.target = target;
    }

    /**
     * A target that takes text and returns text.
     *
     * @param name the name of the handler; 1 to 200 characters
     * @return the target
     * @throws dev.reprise.queue.model.InvalidCallException if it is no such name
     */
    public static CallTarget<String, String> text(String name) {
        return of(name, CallCodec.text(), CallCodec.text());
    }

    /**
     * A target with codecs of its own.
     *
     * @param <Q> the request
     * @param <R> the response
     * @param name the name of the handler; 1 to 200 characters
     * @param request writes and reads requests
     * @param response writes and reads responses
     * @return the target, for version 1 of the requests
     * @throws dev.reprise.queue.model.InvalidCallException if it is no such name
     */
    public static <Q extends @Nullable Object, R extends @Nullable Object> CallTarget<Q, R> of(
            String name, CallCodec<Q> request, CallCodec<R> response) {
        return new CallTarget<>(
                new Target<>(
                        Objects.requireNonNull(name, "name"),
                        QueueBridge.codec(Objects.requireNonNull(request, "request")),
                        QueueBridge.codec(Objects.requireNonNull(response, "response")),
                        1));
    }

    /**
     * The target of a callback: it is told how another call ended.
     *
     * @param name the name of the handler; 1 to 200 characters
     * @return the target
     * @throws dev.reprise.queue.model.InvalidCallException if it is no such name
     */
    public static CallTarget<CallOutcome, @Nullable Void> callback(String name) {
        PayloadCodec<@Nullable Void> nothing = QueueBridge.codec(CallCodec.none());
        return new CallTarget<>(
                new Target<>(
                        Objects.requireNonNull(name, "name"), PayloadCodec.Outcome, nothing, 1));
    }

    /**
     * Takes a target that is shared with Kotlin code.
     *
     * @param <Q> the request
     * @param <R> the response
     * @param target made in Kotlin
     * @return the same for Java callers
     */
    public static <Q extends @Nullable Object, R extends @Nullable Object> CallTarget<Q, R> of(
            Target<Q, R> target) {
        return new CallTarget<>(Objects.requireNonNull(target, "target"));
    }

    /**
     * The same target with requests of another version: it is stored with each call and handed to
     * the codec when the request is read.
     *
     * @param version as the program counts
     * @return the target
     */
    public CallTarget<Q, R> version(int version) {
        return new CallTarget<>(
                new Target<>(target.getName(), target.getRequest(), target.getResponse(), version));
    }

    /**
     * The name of the handler.
     *
     * @return 1 to 200 characters
     */
    public String name() {
        return target.getName();
    }

    /**
     * Hands this target to Kotlin code.
     *
     * @return the same
     */
    public Target<Q, R> asTarget() {
        return target;
    }

    @Override
    public String toString() {
        return "CallTarget(" + name() + ")";
    }
}
