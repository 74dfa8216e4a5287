package dev.reprise.ktor

import io.ktor.server.application.ApplicationEnvironment
import io.ktor.server.config.ApplicationConfig
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

private const val GRACE_PERIOD = "ktor.deployment.shutdownGracePeriod"

/** How long the engine lets requests end when the application stops; null if the configuration does not say. */
internal fun gracePeriodOf(config: ApplicationConfig): Duration? =
    config
        .propertyOrNull(GRACE_PERIOD)
        ?.getString()
        ?.toLongOrNull()
        ?.milliseconds

/** Warns if handlers can take longer to end than requests: who stops the process has to wait for the handlers. */
internal fun warnOfGrace(
    grace: Duration,
    environment: ApplicationEnvironment,
) {
    val period = gracePeriodOf(environment.config) ?: return
    if (grace > period) {
        environment.log.warn(
            "the grace of Reprise, $grace, is longer than $GRACE_PERIOD, $period: stopping can take ${grace - period} longer " +
                "than the engine needs; set $GRACE_PERIOD to ${grace.inWholeMilliseconds}, or grace to $period",
        )
    }
}
