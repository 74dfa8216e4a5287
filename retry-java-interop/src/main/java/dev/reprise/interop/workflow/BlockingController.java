package dev.reprise.interop.workflow;

import dev.reprise.workflow.model.Input;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A controller of one's own; see {@link WorkflowRetry#custom}.
 *
 * <p>It is a definition: what it has tried stands in the history that it is given, never in a
 * field. Its methods may be called again after a crash.
 *
 * @param <T> the type of what it provides
 */
public interface BlockingController<T extends @Nullable Object> {
    /**
     * Begins an attempt.
     *
     * @param history the earlier attempts
     * @return what is provided to the tasks inside
     * @throws Exception a failure that the controller outside is asked about
     */
    T execute(ControllerHistory history) throws Exception;

    /**
     * Decides about the latest failure. If it throws, the run ends as a failure and nothing is
     * undone.
     *
     * @param history the attempts, the running one last
     * @return what to do; must not block
     */
    ControllerDecision onFailure(ControllerHistory history);

    /**
     * Called when everything inside is undone and no further attempt is made. Default: nothing.
     *
     * @param history the attempts
     * @return anything; it is kept with the run
     * @throws Exception if it fails: the run ends then
     */
    default @Nullable Object revert(ControllerHistory history) throws Exception {
        return null;
    }

    /**
     * What it reads from its histories.
     *
     * @return keys and tasks; default: none
     */
    default List<Input<?>> requires() {
        return List.of();
    }

    /**
     * The version that is stored with its state.
     *
     * @return default: 1.0
     */
    default String version() {
        return "1.0";
    }
}
