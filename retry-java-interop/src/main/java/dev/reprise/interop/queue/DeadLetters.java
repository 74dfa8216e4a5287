package dev.reprise.interop.queue;

import dev.reprise.queue.model.ReplayResult;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;

/**
 * The calls that are dead: they are kept until they are replayed or discarded. A filter is asked
 * for all of them, page by page; a {@code would…} method changes nothing.
 */
public final class DeadLetters {
    private final Calls calls;

    DeadLetters(Calls calls) {
        this.calls = calls;
    }

    /**
     * Lists the oldest.
     *
     * @param limit at most so many
     * @return oldest first
     * @throws IllegalArgumentException if {@code limit} is not positive
     */
    public List<CallInfo> list(int limit) {
        return list(limit, call -> true);
    }

    /**
     * Lists the oldest for which {@code filter} holds.
     *
     * @param limit at most so many
     * @param filter true for those to list
     * @return oldest first
     * @throws IllegalArgumentException if {@code limit} is not positive
     */
    public List<CallInfo> list(int limit, Predicate<? super CallInfo> filter) {
        return calls.dead(limit, Objects.requireNonNull(filter, "filter"));
    }

    /**
     * Makes all ready again for which {@code filter} holds, each with its policy from the
     * beginning.
     *
     * @param filter true for those to replay: {@code call -> call.handler().equals("charge")}
     * @return what became of each, by correlation id
     */
    public Map<String, ReplayResult> replay(Predicate<? super CallInfo> filter) {
        return calls.replay(false, Objects.requireNonNull(filter, "filter"));
    }

    /**
     * Says what {@link #replay} would replay.
     *
     * @param filter true for those to replay
     * @return their correlation ids
     */
    public List<String> wouldReplay(Predicate<? super CallInfo> filter) {
        return List.copyOf(calls.replay(true, Objects.requireNonNull(filter, "filter")).keySet());
    }

    /**
     * Removes all for good for which {@code filter} holds, and lets go on what waited behind them.
     *
     * @param filter true for those to discard
     * @return their correlation ids
     */
    public List<String> discard(Predicate<? super CallInfo> filter) {
        return calls.discard(false, Objects.requireNonNull(filter, "filter"));
    }

    /**
     * Says what {@link #discard} would discard.
     *
     * @param filter true for those to discard
     * @return their correlation ids
     */
    public List<String> wouldDiscard(Predicate<? super CallInfo> filter) {
        return calls.discard(true, Objects.requireNonNull(filter, "filter"));
    }
}
