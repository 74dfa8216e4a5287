package dev.reprise.interop.function;

import dev.reprise.workflow.model.ControllerDecision;
import dev.reprise.workflow.model.ControllerHistory;
import dev.reprise.workflow.model.Input;
import dev.reprise.workflow.model.Key;
import dev.reprise.workflow.model.Task;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A custom retry controller; {@code Workflows.controller} turns it into a {@code RetryController}.
 *
 * <p>It is a definition: what it has tried is in the history that it receives, never in a field.
 * Its methods can be called again after a crash.
 *
 * @param <T> the type of what it provides
 */
public interface BlockingController<T extends @Nullable Object> {
    /**
     * Starts an attempt.
     *
     * @param history the earlier attempts
     * @return what is provided to the tasks inside
     * @throws Exception a failure about which the controller outside decides
     */
    T execute(ControllerHistory history) throws Exception;

    /**
     * Decides about the latest failure. If it throws, the run ends as a failure and nothing is
     * reverted.
     *
     * @param history the attempts, the running one last
     * @return what to do; must not block
     */
    ControllerDecision onFailure(ControllerHistory history);

    /**
     * Called when everything inside is reverted and no further attempt follows. Default: nothing.
     *
     * @param history the attempts
     * @return anything; it is stored with the run
     * @throws Exception if it fails: the run ends then
     */
    default @Nullable Object revert(ControllerHistory history) throws Exception {
        return null;
    }

    /** {@return the keys and tasks that it reads from its histories; default: none} */
    default List<Input<?>> requires() {
        return List.of();
    }

    /** {@return the version that is stored with its state; default: 1.0} */
    default String version() {
        return Task.DEFAULT_VERSION;
    }

    /**
     * {@return the key under which the tasks inside read what {@link #execute} returned; default:
     * null, none}
     */
    default @Nullable Key<? super T> provides() {
        return null;
    }

    /**
     * {@return the name of the controller, unique in the workflow; default: null, the name of its
     * workflow and {@code _retry}}
     */
    default @Nullable String name() {
        return null;
    }
}
