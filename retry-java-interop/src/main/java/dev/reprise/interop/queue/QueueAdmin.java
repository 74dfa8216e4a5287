package dev.reprise.interop.queue;

import dev.reprise.interop.function.BlockingHandler;
import dev.reprise.interop.internal.QueueCalls;
import dev.reprise.interop.internal.QueueLife;
import dev.reprise.queue.model.AttemptError;
import dev.reprise.queue.model.Call;
import dev.reprise.queue.model.CallContext;
import dev.reprise.queue.model.CallCount;
import dev.reprise.queue.model.CancelResult;
import dev.reprise.queue.model.Diagnosis;
import dev.reprise.queue.model.QueueHealth;
import dev.reprise.queue.model.ReplayResult;
import dev.reprise.queue.model.Target;
import java.sql.Connection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The methods of {@link QueueRunner} for operators. */
abstract class QueueAdmin {
    final QueueLife life;

    QueueAdmin(QueueLife life) {
        this.life = life;
    }

    /** {@return a call; null if there is none, or its retention is over} */
    public @Nullable Call find(String cid) {
        Objects.requireNonNull(cid, "cid");
        return life.ask((queue, done) -> queue.find(cid, done));
    }

    /** {@return the call that has a unique key; null if the key is free} */
    public @Nullable Call findUnique(String uniqueKey) {
        Objects.requireNonNull(uniqueKey, "uniqueKey");
        return life.ask((queue, done) -> queue.findUnique(uniqueKey, done));
    }

    /** {@return the failures of a call: the first one and the last 99, oldest first} */
    public List<AttemptError> errors(String cid) {
        Objects.requireNonNull(cid, "cid");
        return life.ask((queue, done) -> queue.errors(cid, done));
    }

    /**
     * {@return the number of calls by handler and state, without entries for zero} It costs the
     * same for ten calls and for ten millions.
     */
    public List<CallCount> counts() {
        return life.ask((queue, done) -> queue.counts(done));
    }

    /**
     * {@return why a call is not running, or where it is: a reason for programs, a sentence for
     * people}
     */
    public Diagnosis why(String cid) {
        Objects.requireNonNull(cid, "cid");
        return life.ask((queue, done) -> queue.why(cid, done));
    }

    /** {@return the health of the queue, a snapshot that does not call the store} */
    public QueueHealth health() {
        return life.getQueue().health();
    }

    /**
     * Cancels a call that has not ended; its callbacks are notified. A running one is cancelled by
     * its worker within 5 seconds.
     */
    public CancelResult cancel(String cid) {
        Objects.requireNonNull(cid, "cid");
        return life.ask((queue, done) -> queue.cancel(cid, done));
    }

    /**
     * Cancels a call in the transaction that is open on {@code connection}. A running one is
     * cancelled by its worker within 5 seconds after the commit.
     *
     * @param connection to the database of the store; neither committed nor closed here
     * @throws UnsupportedOperationException if the store is not on a database
     * @throws dev.reprise.queue.model.InvalidCallException if the connection has no transaction
     */
    public CancelResult cancel(Connection connection, String cid) {
        Objects.requireNonNull(connection, "connection");
        return life.getQueue().cancel(connection, Objects.requireNonNull(cid, "cid"));
    }

    /**
     * Stops claims for a lane in all processes; calls that run there end as usual. Calls that a
     * worker has claimed and not started go back: here immediately, in other processes within 5
     * seconds. The pause outlives a restart.
     *
     * @param lane its name
     */
    public void pause(String lane) {
        Objects.requireNonNull(lane, "lane");
        life.ask((queue, done) -> queue.pause(lane, done));
    }

    /**
     * Allows claims for a lane again.
     *
     * @param lane its name
     */
    public void resume(String lane) {
        Objects.requireNonNull(lane, "lane");
        life.ask((queue, done) -> queue.resume(lane, done));
    }

    /**
     * {@return the oldest dead calls, oldest first}
     *
     * @param limit at most so many
     * @throws IllegalArgumentException if {@code limit} is not positive
     */
    public List<Call> deadCalls(int limit) {
        return deadCalls(limit, call -> true);
    }

    /**
     * {@return the oldest dead calls that match {@code filter}, oldest first}
     *
     * @param limit at most so many
     * @param filter true for those to return
     * @throws IllegalArgumentException if {@code limit} is not positive
     */
    public List<Call> deadCalls(int limit, Predicate<? super Call> filter) {
        Objects.requireNonNull(filter, "filter");
        return life.askApart((queue, done) -> queue.deadCalls(limit, filter::test, done));
    }

    /**
     * Makes all dead calls that match {@code filter} ready again, each with a fresh policy.
     *
     * @param filter true for those to replay: {@code call -> call.getHandler().equals("charge")}
     * @return the result for each, by correlation id
     */
    public Map<String, ReplayResult> replay(Predicate<? super Call> filter) {
        return replay(false, filter);
    }

    /**
     * Makes all dead calls that match {@code filter} ready again, each with a fresh policy.
     *
     * @param dryRun true to change nothing; the result is {@code REPLAYED} for all of them then
     * @param filter true for those to replay
     * @return the result for each, by correlation id
     */
    public Map<String, ReplayResult> replay(boolean dryRun, Predicate<? super Call> filter) {
        Objects.requireNonNull(filter, "filter");
        return QueueCalls.replay(life, dryRun, filter);
    }

    /**
     * Deletes all dead calls that match {@code filter}; calls that they blocked continue.
     *
     * @param filter true for those to delete
     * @return their correlation ids
     */
    public List<String> discard(Predicate<? super Call> filter) {
        return discard(false, filter);
    }

    /**
     * Deletes all dead calls that match {@code filter}; calls that they blocked continue.
     *
     * @param dryRun true to change nothing
     * @param filter true for those to delete
     * @return their correlation ids
     */
    public List<String> discard(boolean dryRun, Predicate<? super Call> filter) {
        Objects.requireNonNull(filter, "filter");
        return life.askApart((queue, done) -> queue.discard(dryRun, filter::test, done));
    }

    /**
     * Replaces the handler that is registered for {@code target}: later attempts call {@code
     * handler}, running ones end unchanged.
     *
     * @param version recorded with every attempt from now on
     * @param handler makes one attempt; it can block
     * @throws dev.reprise.queue.model.UnknownHandlerException if none is registered
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> void replaceHandler(
            Target<Q, R> target, int version, BlockingHandler<Q, R> handler) {
        Objects.requireNonNull(handler, "handler");
        life.getQueue().replaceHandler(target, version, life.getHandlers().blocking(handler));
    }

    /**
     * Replaces the handler that is registered for {@code target} by one that returns stages.
     *
     * @param version recorded with every attempt from now on
     * @param handler starts one attempt
     * @throws dev.reprise.queue.model.UnknownHandlerException if none is registered
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> void replaceHandlerAsync(
            Target<Q, R> target,
            int version,
            BiFunction<? super CallContext, ? super Q, ? extends @Nullable CompletionStage<R>>
                    handler) {
        Objects.requireNonNull(handler, "handler");
        life.getQueue().replaceHandler(target, version, life.getHandlers().async(handler));
    }
}
