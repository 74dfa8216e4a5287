package dev.reprise.interop.workflow;

import dev.reprise.workflow.model.TaskState;
import dev.reprise.workflow.model.WorkflowEvent;
import dev.reprise.workflow.model.WorkflowListener;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Records events as short lines for literal comparison, without {@code RUNNING} of tasks and
 * decisions.
 */
final class EventLog implements WorkflowListener {
    final List<String> lines = new CopyOnWriteArrayList<>();

    @Override
    public void onEvent(WorkflowEvent event) {
        if (event instanceof WorkflowEvent.TaskChanged moved
                && moved.getTo() == TaskState.RUNNING) {
            return;
        }
        if (!(event instanceof WorkflowEvent.Decided)) {
            lines.add(event.toString());
        }
    }
}
