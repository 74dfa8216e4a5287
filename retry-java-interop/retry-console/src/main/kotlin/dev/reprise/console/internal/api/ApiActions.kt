package dev.reprise.console.internal.api

import dev.reprise.console.internal.kit.CallActions
import dev.reprise.console.internal.kit.CallFilter
import dev.reprise.console.internal.kit.Document
import dev.reprise.console.internal.kit.Json
import dev.reprise.console.internal.kit.Visit
import dev.reprise.console.internal.pages.PayloadCard
import dev.reprise.console.internal.pages.RunActions
import dev.reprise.console.internal.pages.RunPage
import dev.reprise.console.model.ConsoleAction
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.Cursor

/**
 * The actions of the API. Their bodies are objects: `{"action": "replay", "filter": {"state": "dead"}, "rate": "10", "dryRun": false, "reason": "…"}`. Without
 * `"dryRun": false` nothing is changed.
 */
internal object ApiActions {
    private const val LIMIT = 10_000

    suspend fun act(visit: Visit): Document {
        val body = Body.of(visit)
        val action = CallActions.of(body.text("action")).allowed(visit, body::text)
        val query = CallFilter.of(body.filter)
        require(query != CallQuery.ALL || body.flag("all") == true) { "the filter is empty; to act on all calls, set \"all\": true" }
        val result =
            visit.operator.act(
                action,
                query,
                body.flag("dryRun") ?: true,
                body.text("reason"),
                body.number("limit") ?: LIMIT,
                body.text("after")?.let(Cursor::of),
            )
        return Document(result.toDocument())
    }

    suspend fun reveal(
        visit: Visit,
        cid: String,
    ) = Document(payloads(visit, PayloadCard.reveal(visit, cid, Body.of(visit).text("reason"))))

    suspend fun lane(visit: Visit): Document {
        visit.require(ConsoleAction.PAUSE)
        val body = Body.of(visit)
        val lane = requireNotNull(body.text("lane")) { "\"lane\" is missing" }
        val isPaused = requireNotNull(body.flag("isPaused")) { "\"isPaused\" is missing; it is true or false" }
        if (isPaused) visit.operator.pause(lane, body.text("reason")) else visit.operator.resume(lane, body.text("reason"))
        return Document(mapOf("lane" to lane, "isPaused" to isPaused))
    }

    suspend fun run(
        visit: Visit,
        id: String,
    ): Document {
        val body = Body.of(visit)
        val run = RunPage.read(visit, id)
        val call = visit.settings.queue.find(id)
        val action = RunActions.required(visit, run, call, body.text("action"))
        val isDryRun = body.flag("dryRun") ?: true
        if (!isDryRun) action.act(visit, run, body.text("reason"))
        return Document(mapOf("run" to id, "action" to action.id, "isDryRun" to isDryRun))
    }
}

/** The object in the body of a POST. */
private class Body private constructor(
    private val members: Map<*, *>,
) {
    /** The member [name] as text, also if it is a number or a flag. */
    fun text(name: String): String? {
        val value = members[name] ?: return null
        require(value is String || value is Number || value is Boolean) { "\"$name\" must be a text, a number or a flag" }
        return value.toString().ifBlank { null }
    }

    fun flag(name: String): Boolean? {
        val value = members[name] ?: return null
        return requireNotNull(value as? Boolean) { "\"$name\" must be true or false" }
    }

    fun number(name: String): Int? {
        val value = members[name] ?: return null
        return requireNotNull((value as? Long)?.toInt()) { "\"$name\" must be a whole number" }
    }

    /** The filter as the parameters of a list. */
    val filter: Map<String, List<String>>
        get() {
            val filter = members["filter"] ?: return emptyMap()
            require(filter is Map<*, *>) { "\"filter\" must be an object with the filters of a list" }
            return filter.entries.associate { (name, value) ->
                name.toString() to (value as? List<*> ?: listOf(value)).map { it.toString() }
            }
        }

    companion object {
        fun of(visit: Visit): Body =
            Body(requireNotNull(Json.read(visit.request.body.decodeToString()) as? Map<*, *>) { "the body must be an object" })
    }
}
