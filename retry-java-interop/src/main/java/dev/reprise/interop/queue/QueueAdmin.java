package dev.reprise.interop.queue;

import dev.reprise.queue.model.CallCount;
import dev.reprise.queue.model.CancelResult;
import dev.reprise.queue.model.Diagnosis;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** What those ask and do who look after a {@link QueueRunner}. */
public abstract class QueueAdmin {
    final QueueLife life;
    final Calls calls;

    QueueAdmin(QueueLife life) {
        this.life = life;
        this.calls = new Calls(life);
    }

    /**
     * Looks a call up.
     *
     * @param cid its correlation id
     * @return empty if there is none, or its retention is over
     */
    public Optional<CallInfo> find(String cid) {
        return Optional.ofNullable(calls.find(Objects.requireNonNull(cid, "cid")));
    }

    /**
     * What went wrong with a call.
     *
     * @param cid its correlation id
     * @return its first failure and the last 99, oldest first
     */
    public List<CallError> errors(String cid) {
        return calls.errors(Objects.requireNonNull(cid, "cid"));
    }

    /**
     * How many calls there are by handler and state. It costs the same for ten calls and for ten
     * millions.
     *
     * @return no entry for none
     */
    public List<CallCount> counts() {
        return calls.counts();
    }

    /**
     * Why a call is not running, or where it is.
     *
     * @param cid its correlation id
     * @return a word for programs and a sentence for people
     */
    public Diagnosis why(String cid) {
        return calls.why(Objects.requireNonNull(cid, "cid"));
    }

    /**
     * How the queue is doing, without asking the store.
     *
     * @return a snapshot
     */
    public Health health() {
        return QueueBridge.health(life.getQueue().health());
    }

    /**
     * Cancels a call that has not ended; its callbacks are told. A running one is cancelled by its
     * worker within 5 seconds.
     *
     * @param cid its correlation id
     * @return what became of the wish
     */
    public CancelResult cancel(String cid) {
        return calls.cancel(Objects.requireNonNull(cid, "cid"));
    }

    /**
     * Stops claims for a lane in all processes; what runs there ends as usual. It outlives a
     * restart.
     *
     * @param lane its name
     */
    public void pause(String lane) {
        calls.pause(Objects.requireNonNull(lane, "lane"));
    }

    /**
     * Lets a lane go on.
     *
     * @param lane its name
     */
    public void resume(String lane) {
        calls.resume(Objects.requireNonNull(lane, "lane"));
    }

    /**
     * The calls that are dead.
     *
     * @return ways to list, replay and discard them
     */
    public DeadLetters deadLetters() {
        return new DeadLetters(calls);
    }

    /**
     * Puts {@code handler} in the place of the one that is registered for {@code target}. Attempts
     * that begin from now on are made by it; running ones end as they are.
     *
     * @param <Q> the request
     * @param <R> the response
     * @param target names the handler
     * @param version written down with every attempt from now on
     * @param handler makes one attempt; it may block
     * @throws dev.reprise.queue.model.UnknownHandlerException if none is registered
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> void replaceHandler(
            CallTarget<Q, R> target, int version, BlockingHandler<Q, R> handler) {
        Objects.requireNonNull(handler, "handler");
        life.getQueue()
                .replaceHandler(target.asTarget(), version, life.getHandlers().blocking(handler));
    }

    /**
     * Puts a handler that returns stages in the place of the one that is registered for {@code
     * target}.
     *
     * @param <Q> the request
     * @param <R> the response
     * @param target names the handler
     * @param version written down with every attempt from now on
     * @param handler starts one attempt
     * @throws dev.reprise.queue.model.UnknownHandlerException if none is registered
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> void replaceHandlerAsync(
            CallTarget<Q, R> target,
            int version,
            BiFunction<? super HandlerContext, ? super Q, ? extends @Nullable CompletionStage<R>>
                    handler) {
        Objects.requireNonNull(handler, "handler");
        life.getQueue()
                .replaceHandler(target.asTarget(), version, life.getHandlers().async(handler));
    }
}
