package dev.reprise.interop.workflow;

import dev.reprise.workflow.AtomState;
import dev.reprise.workflow.WorkflowEvent;
import dev.reprise.workflow.WorkflowListener;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Writes events down as short lines for literal comparison, without {@code RUNNING} of tasks. */
final class EventLog implements WorkflowListener {
    final List<String> lines = new CopyOnWriteArrayList<>();

    @Override
    public void on(WorkflowEvent event) {
        if (event instanceof WorkflowEvent.AtomMoved moved && moved.getTo() == AtomState.RUNNING) {
            return;
        }
        lines.add(event.toString());
    }
}
