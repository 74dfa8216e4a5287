package dev.reprise.console

import dev.reprise.console.internal.kit.ConsoleSettings
import dev.reprise.console.model.Access
import dev.reprise.console.model.ConsoleRequest
import dev.reprise.console.model.Payloads
import dev.reprise.console.model.Stage
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.CallQueue
import dev.reprise.queue.operate.Actor
import dev.reprise.run.RetryBudget
import dev.reprise.workflow.spi.WorkflowStore
import java.time.InstantSource

/** The settings of a [Console]. */
public class ConsoleBuilder internal constructor() {
    private var workflows: WorkflowStore? = null
    private val hosted = LinkedHashMap<String, CallQueue>()
    private val budgets = LinkedHashMap<String, RetryBudget>()
    private var access: ((ConsoleRequest) -> Access)? = null
    private var redact: (String, String) -> String = { _, text -> text }

    /** What the console is called: the name of the service. Default: `reprise`. */
    public var title: String = "reprise"

    /** Where the calls run; every page shows it. Default: [Stage.DEVELOPMENT]. */
    public var stage: Stage = Stage.DEVELOPMENT

    /** Whether payloads are shown. Default: [Payloads.HIDDEN]. */
    public var payloads: Payloads = Payloads.HIDDEN

    /** The clock for "3m ago" on the pages; that of the system by default. */
    public var clock: InstantSource = InstantSource.system()

    /** Shows the runs of workflows in [store] too. */
    public fun workflows(store: WorkflowStore) {
        workflows = store
    }

    /** Shows the calls that another engine hosts for [queue] too, as [name]: their numbers, the dead ones, and each by its id with its policy. */
    public fun hosted(
        name: String,
        queue: CallQueue,
    ) {
        hosted[name] = queue
    }

    /** Shows on the page about retry storms what is left of [budget] in this process, as [name]. */
    public fun budget(
        name: String,
        budget: RetryBudget,
    ) {
        budgets[name] = budget
    }

    /**
     * Decides what a visitor can do, from each request: it is called for every request and must not block. Default: no access, except on a
     * [ConsoleServer] on loopback.
     */
    public fun access(decide: (ConsoleRequest) -> Access) {
        access = decide
    }

    /** Removes from the text of a payload what must not be seen: [redact] receives the name of the handler and the text. Default: nothing. */
    public fun redact(redact: (String, String) -> String) {
        this.redact = redact
    }

    /** The command line acts through the same functions under a name of its own. */
    internal var via: Actor.Via = Actor.Via.CONSOLE

    internal fun build(queue: RetryQueue) =
        ConsoleSettings(queue, workflows, hosted.toMap(), budgets.toMap(), title, stage, access, payloads, redact, clock, via)
}
