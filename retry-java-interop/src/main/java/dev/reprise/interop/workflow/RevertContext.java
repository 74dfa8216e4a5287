package dev.reprise.interop.workflow;

import dev.reprise.workflow.model.RevertScope;
import java.util.Map;

/** What the code that undoes a task can see and say while it runs. */
public final class RevertContext extends TaskContext {
    private final RevertScope scope;

    RevertContext(RevertScope scope) {
        super(scope);
        this.scope = scope;
    }

    /**
     * Tells why the run is being undone. Failures of earlier attempts are not among them.
     *
     * @return the failures by the name of the task or controller
     */
    public Map<String, Throwable> failures() {
        return scope.getFailures();
    }

    /**
     * Looks for a kind of failure.
     *
     * @param type a class
     * @return true if one of {@link #failures()}, or one of their causes, is of it
     */
    public boolean isCausedBy(Class<? extends Throwable> type) {
        return TaskBridge.isCausedBy(scope, type);
    }
}
