package dev.reprise.interop.queue;

import dev.reprise.queue.model.CallHandle;
import dev.reprise.queue.model.CancelResult;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What is left in the hand of one who has enqueued a call.
 *
 * @param <R> the type of the response
 */
public final class QueuedCall<R extends @Nullable Object> {
    private final CallHandle<R> handle;
    private final QueueLife life;

    QueuedCall(CallHandle<R> handle, QueueLife life) {
        this.handle = handle;
        this.life = life;
    }

    /**
     * The correlation id of the call.
     *
     * @return unguessable, sorted by the time of its making, fit for a URL
     */
    public String cid() {
        return handle.getCid();
    }

    /**
     * Tells a new call from one that was there already, under the same unique key.
     *
     * @return true if it is new
     */
    public boolean isNew() {
        return handle.isNew();
    }

    /**
     * What the handler will have returned, here or in another process. It always completes:
     * exceptionally with {@code CallFailedException} if the call is dead or was cancelled, with
     * {@code UnknownCallException} if its retention is over, with {@code QueueClosedException} if
     * the queue is closed before. Cancelling the future does not cancel the call.
     *
     * @return a new future for each call of this method
     */
    public CompletableFuture<R> result() {
        return QueueBridge.result(life, handle);
    }

    /**
     * The call as it will have ended, however it ends.
     *
     * @return a new future for each call of this method
     */
    public CompletableFuture<CallInfo> end() {
        return QueueBridge.end(life, handle);
    }

    /**
     * Cancels the call; its callbacks are told.
     *
     * @return what became of the wish
     */
    public CancelResult cancel() {
        return new Calls(life).cancel(cid());
    }

    @Override
    public String toString() {
        return "QueuedCall(" + cid() + ")";
    }
}
