package dev.reprise.console.internal.kit

import dev.reprise.console.model.Access
import dev.reprise.console.model.ConsoleAction
import dev.reprise.console.model.ConsoleRequest
import dev.reprise.queue.QueueOperator
import dev.reprise.queue.operate.Actor
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.Group
import dev.reprise.queue.operate.GroupBy
import dev.reprise.workflow.spi.WorkflowStore
import java.time.Instant

/** One request with all that is needed to respond to it. */
internal class Visit(
    val request: ConsoleRequest,
    val access: Access,
    val settings: ConsoleSettings,
    /** The token in the forms of this visitor. */
    val csrf: CsrfToken,
) {
    /** The queue in the name of the visitor. */
    val operator: QueueOperator by lazy { settings.queue.operator(actor) }

    private val actor: Actor get() = Actor(request.user?.ifBlank { null }?.take(LONGEST_NAME) ?: "console", settings.via)

    val now: Instant = settings.clock.instant()

    /** Leads from this page to the mount. */
    val root: String = "../".repeat(maxOf(request.path.count { it == '/' } - 1, 0))

    val workflows: WorkflowStore
        get() = settings.workflows ?: throw Refusal.notFound("This console has no workflow store. Set one with workflows(store).")

    fun allows(action: ConsoleAction): Boolean = access.allows(action)

    fun require(action: ConsoleAction) {
        if (!allows(action)) throw Refusal.notAllowed(action)
    }

    /** The first value of a parameter of the query that is not blank. */
    fun parameter(name: String): String? = request.query[name]?.firstOrNull { it.isNotBlank() }?.trim()

    /** The first value of a field of the form that is not blank. */
    fun field(name: String): String? = request.form[name]?.firstOrNull { it.isNotBlank() }?.trim()

    /**
     * True if durable workflows are among the calls that fit [query], as far as a bounded look shows, and one of their groups by handler
     * and dead reason is [meant].
     */
    suspend fun hasWorkflows(
        query: CallQuery,
        meant: (Group) -> Boolean,
    ): Boolean =
        operator.groups(query, setOf(GroupBy.HANDLER, GroupBy.DEAD_REASON)).any {
            meant(it) && settings.queue.find(it.sampleCid)?.isWorkflow == true
        }

    /** The link to a page of the console, with parameters; those that are null are left out. */
    fun link(
        path: String,
        vararg parameters: Pair<String, Any?>,
    ): String = root + Links.of(path, parameters.asList()).ifEmpty { "./" }

    private companion object {
        const val LONGEST_NAME = 200
    }
}
