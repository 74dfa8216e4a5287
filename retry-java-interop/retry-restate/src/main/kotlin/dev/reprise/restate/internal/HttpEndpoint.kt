package dev.reprise.restate.internal

import dev.restate.sdk.endpoint.Endpoint
import dev.restate.sdk.endpoint.definition.InvocationRetryPolicy
import dev.restate.sdk.endpoint.definition.ServiceDefinition
import dev.restate.sdk.http.vertx.RestateHttpServer
import io.vertx.core.Vertx
import io.vertx.core.VertxOptions
import kotlinx.coroutines.future.await
import java.time.Duration

/** Where the server reaches the services of this process. */
internal class HttpEndpoint(
    services: List<ServiceDefinition>,
) {
    private val vertx = Vertx.vertx(VertxOptions().setUseDaemonThread(true))
    private val endpoint =
        Endpoint
            .builder()
            .apply { services.forEach { bind(it.triedUntilDone()) } }
            .build()

    /** Listens at [port], or at any if it is 0; returns the port. */
    suspend fun listen(port: Int): Int =
        RestateHttpServer
            .fromEndpoint(vertx, endpoint)
            .listen(port)
            .toCompletionStage()
            .await()
            .actualPort()

    suspend fun close() {
        vertx.close().toCompletionStage().await()
    }

    /** By its defaults the server would pause what fails for an hour, as while no worker runs, until a person resumes it. */
    private fun ServiceDefinition.triedUntilDone(): ServiceDefinition =
        configure { it.invocationRetryPolicy(ALWAYS).journalRetention(Duration.ZERO) }

    private companion object {
        val ALWAYS: InvocationRetryPolicy =
            InvocationRetryPolicy
                .builder()
                .initialInterval(Duration.ofMillis(50))
                .exponentiationFactor(2.0)
                .maxInterval(Duration.ofSeconds(5))
                .maxAttempts(Int.MAX_VALUE)
                .build()
    }
}
