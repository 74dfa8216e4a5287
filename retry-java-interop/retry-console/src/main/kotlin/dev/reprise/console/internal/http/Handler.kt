package dev.reprise.console.internal.http

import dev.reprise.console.internal.kit.Assets
import dev.reprise.console.internal.kit.ConsoleSettings
import dev.reprise.console.internal.kit.CsrfToken
import dev.reprise.console.internal.kit.Refusal
import dev.reprise.console.internal.kit.Reply
import dev.reprise.console.internal.kit.Visit
import dev.reprise.console.model.Access
import dev.reprise.console.model.ConsoleRequest
import dev.reprise.console.model.ConsoleResponse
import dev.reprise.queue.model.QueueClosedException
import dev.reprise.queue.model.SchemaException
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.workflow.model.WorkflowStoreException
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.sync.Semaphore
import kotlinx.coroutines.sync.withPermit
import kotlinx.coroutines.withTimeout
import kotlin.time.Duration.Companion.seconds

/** Responds to requests: checks them, calls their route, and turns failures into responses. */
internal class Handler(
    private val settings: ConsoleSettings,
) {
    private val queries = Semaphore(MOST_QUERIES)
    private val live = Live({ limited(it) })

    /** [granted] is what the server has found out about the visitor; null: the console asks its own function. */
    suspend fun handle(
        request: ConsoleRequest,
        granted: Access?,
    ): ConsoleResponse {
        val visit = Visit(request, granted ?: accessOf(request), settings, CsrfToken.of(request))
        val response =
            try {
                respond(visit)
            } catch (e: Refusal) {
                e.toResponse(visit)
            } catch (e: CancellationException) {
                throw e
            } catch (e: Exception) {
                failed(request, e)
                Refusal(500, "The console failed to respond. The log of its process says why.").toResponse(visit)
            }
        return if (request.method == "HEAD") ConsoleResponse(response.status, response.headers) else response
    }

    /** A visitor of whom it is not known what they can do can do nothing. */
    private fun accessOf(request: ConsoleRequest): Access =
        try {
            settings.access?.invoke(request) ?: Access.None
        } catch (e: Exception) {
            failed(request, e)
            Access.None
        }

    private fun failed(
        request: ConsoleRequest,
        failure: Exception,
    ) = log.log(System.Logger.Level.ERROR, "the console failed to respond to $request", failure)

    private suspend fun respond(visit: Visit): ConsoleResponse {
        Gate.requireRead(visit.access)
        Gate.requireSize(visit.request)
        val path = visit.request.path
        return when {
            path.isEmpty() -> toMount(visit.request)
            path.startsWith(ASSETS) -> asset(path.removePrefix(ASSETS))
            path == "/live" -> eventStream(live.events(viewOf(visit)))
            visit.request.method == "POST" -> translated { act(visit) }.toResponse(visit)
            else -> translated { limited { Routes.reply(visit) } }.toResponse(visit)
        }
    }

    /** An action is many short transactions, and is not broken off between two of them. */
    private suspend fun act(visit: Visit): Reply = queries.withPermit { Routes.reply(visit) }.also { live.forget() }

    private fun asset(name: String) = Assets.response(name) ?: throw Refusal.notFound("There is no file $name. Reload the page.")

    /** The visit of the page whose fragments are requested. */
    private fun viewOf(visit: Visit): Visit {
        val request =
            ConsoleRequest
                .builder(
                    "GET",
                    "/" +
                        visit.request.query["view"]
                            ?.firstOrNull()
                            .orEmpty(),
                ).user(visit.request.user)
                .build()
        return Visit(request, visit.access, settings, visit.csrf)
    }

    /** Few at a time and none for long, so that many visitors do not keep workers from the store. */
    private suspend fun <T> limited(block: suspend () -> T): T =
        try {
            withTimeout(LONGEST) { queries.withPermit { block() } }
        } catch (_: TimeoutCancellationException) {
            throw Refusal(503, "The store has not responded within $LONGEST. Reload the page, or narrow the filter.")
        }

    private suspend fun <T> translated(block: suspend () -> T): T =
        try {
            block()
        } catch (e: StoreUnavailableException) {
            throw Refusal(503, "The store does not respond: ${e.message}. Running workers continue when it is back. Reload this page then.")
        } catch (e: WorkflowStoreException) {
            throw Refusal(503, "The store of the workflows does not respond: ${e.message}. Reload this page later.")
        } catch (e: SchemaException) {
            throw Refusal(503, e.message.orEmpty())
        } catch (e: QueueClosedException) {
            throw Refusal(503, e.message.orEmpty())
        } catch (e: IllegalArgumentException) {
            throw Refusal.badRequest(e.message ?: "A parameter cannot be read.")
        }

    private companion object {
        val log: System.Logger = System.getLogger("dev.reprise.console")
        const val ASSETS = "/assets/"
        const val MOST_QUERIES = 4
        val LONGEST = 5.seconds
    }
}
