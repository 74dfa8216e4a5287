package dev.reprise.console.internal.kit

import java.net.URLEncoder

/** Builds the paths and queries of links. */
internal object Links {
    /** A path below the mount, without a slash at its start, with the [parameters] that are not null; a list is repeated. */
    fun of(
        path: String,
        parameters: List<Pair<String, Any?>>,
    ): String {
        val query = query(parameters)
        return if (query.isEmpty()) path else "$path?$query"
    }

    fun query(parameters: List<Pair<String, Any?>>): String =
        parameters
            .flatMap { (name, value) -> (value as? Iterable<*> ?: listOf(value)).filterNotNull().map { name to it.toString() } }
            .joinToString("&") { (name, value) -> "${encode(name)}=${encode(value)}" }

    /** A part of a path: what is stored can hold any character. */
    fun segment(text: String): String = encode(text)

    private fun encode(text: String): String = URLEncoder.encode(text, Charsets.UTF_8).replace("+", "%20")
}
