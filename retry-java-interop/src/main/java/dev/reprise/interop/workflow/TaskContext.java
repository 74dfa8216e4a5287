package dev.reprise.interop.workflow;

import dev.reprise.workflow.model.ExecutionScope;
import dev.reprise.workflow.model.Input;
import dev.reprise.workflow.model.TaskScope;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** What the code of a task can see and say while it runs. Made for one call. */
public class TaskContext {
    private final ExecutionScope scope;
    private final ReentrantLock reporting = new ReentrantLock();
    private boolean ended;

    TaskContext(TaskScope scope) {
        this((ExecutionScope) scope);
    }

    TaskContext(ExecutionScope scope) {
        this.scope = scope;
    }

    /**
     * Tells which task runs.
     *
     * @return the name of the task
     */
    public final String name() {
        return scope.getName();
    }

    /**
     * Reads something that the task requires.
     *
     * @param <T> the type of the value
     * @param input a key, or the task whose result it is
     * @return the value
     * @throws IllegalArgumentException if the task does not require it
     */
    public final <T extends @Nullable Object> T get(Input<? extends T> input) {
        return scope.get(input);
    }

    /**
     * Tells how far the task has come. Stored with the task and told to the listeners, before this
     * returns in a serial runner.
     *
     * @param fraction from 0 to 1
     * @throws IllegalArgumentException if it is not
     * @throws IllegalStateException if the task has ended
     * @throws InterruptedException if the thread is interrupted
     */
    public final void progress(double fraction) throws InterruptedException {
        reporting.lockInterruptibly();
        try {
            if (ended) {
                throw new IllegalStateException(
                        name() + " has ended and makes no progress any more");
            }
            TaskBridge.progress(scope, fraction);
        } finally {
            reporting.unlock();
        }
    }

    /** Its run goes on, and nobody may write into it any more. */
    final void end() {
        reporting.lock();
        try {
            ended = true;
        } finally {
            reporting.unlock();
        }
    }
}
