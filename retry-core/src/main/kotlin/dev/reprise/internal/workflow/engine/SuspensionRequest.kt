package dev.reprise.internal.workflow.engine

/** The request to suspend one execution of a run; any thread can make it. */
internal class SuspensionRequest {
    @Volatile
    var isMade = false
        private set

    @Volatile
    private var action: () -> Unit = {}

    fun make() {
        isMade = true
        action()
    }

    /** Calls [action], on any thread, when the request is made: now, if it is made already. It replaces the action before it. */
    fun onMade(action: () -> Unit) {
        this.action = action
        if (isMade) action()
    }

    fun withdraw() {
        isMade = false
    }
}
