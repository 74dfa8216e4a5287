package dev.reprise.ktor

import dev.reprise.NamedPolicies
import io.ktor.server.config.ApplicationConfig

private const val PATH = "reprise.policies"

/**
 * The policies that [config] has under `reprise.policies`.
 *
 * @throws IllegalArgumentException if one cannot be read; the message names all of these.
 */
internal fun policiesOf(config: ApplicationConfig): NamedPolicies {
    val prefix = "$PATH."
    val names = config.keys().filter { it.startsWith(prefix) }
    val notations = names.associate { it.removePrefix(prefix) to config.property(it).getString() }
    try {
        return NamedPolicies.parse(notations)
    } catch (e: IllegalArgumentException) {
        throw IllegalArgumentException("the configuration under $PATH cannot be read:\n${e.message}", e)
    }
}
