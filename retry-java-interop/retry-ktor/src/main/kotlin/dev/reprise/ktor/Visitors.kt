package dev.reprise.ktor

import io.ktor.server.application.ApplicationCall
import io.ktor.server.auth.UserIdPrincipal
import io.ktor.server.auth.principal
import io.ktor.server.routing.Route
import io.ktor.server.routing.RoutingNode
import java.security.Principal

private const val AUTHENTICATE = "io.ktor.server.auth.AuthenticationRouteSelector"

/** True inside `authenticate`. Its module need not be there, hence the name. */
internal fun Route.isAuthenticated(): Boolean =
    generateSequence(this as? RoutingNode) { it.parent }.any { it.selector.javaClass.name == AUTHENTICATE }

/** The name of the visitor as the audit shows it; null if the application has authenticated none. Called inside `authenticate` only. */
internal fun visitorOf(call: ApplicationCall): String? =
    when (val principal = call.principal<Any>()) {
        null -> null
        is UserIdPrincipal -> principal.name
        is Principal -> principal.name
        else -> principal.javaClass.simpleName
    }
