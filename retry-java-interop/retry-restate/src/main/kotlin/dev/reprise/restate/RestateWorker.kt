package dev.reprise.restate

import dev.reprise.policy.RepriseSpi
import dev.reprise.restate.internal.Attempts
import dev.reprise.restate.internal.CallEffects
import dev.reprise.restate.internal.CallObject
import dev.reprise.restate.internal.CallSteps
import dev.reprise.restate.internal.Door
import dev.reprise.restate.internal.HttpEndpoint
import dev.reprise.restate.internal.KeyObject
import dev.reprise.restate.internal.OrderObject
import dev.restate.sdk.HandlerRunner
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.job
import kotlinx.coroutines.launch
import kotlinx.coroutines.plus
import java.util.concurrent.Executors
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.seconds
import kotlin.time.toJavaDuration

/**
 * Runs the calls of a [RestateCallQueue] in this process: it is an HTTP/2 server that Restate calls, and makes at most as many attempts of
 * a lane at a time as the lane has concurrency. What is due beyond that waits in this process, the highest priority first. It starts once
 * and stops once.
 *
 * @param retention how long a call is kept after it has succeeded or was cancelled, three days by default. Dead ones stay until they are
 * replayed or discarded.
 * @throws IllegalArgumentException if a handler has a concurrency of its own, or [retention] is not positive.
 */
@OptIn(RepriseSpi::class)
public class RestateWorker
    @JvmOverloads
    constructor(
        private val queue: RestateCallQueue,
        private val retention: Duration = 3.days,
    ) {
        private val threads = Executors.newCachedThreadPool(::daemon)
        private var attempts: Attempts? = null
        private var endpoint: HttpEndpoint? = null
        private val isStopped = AtomicBoolean()

        init {
            val limited = queue.hosted.limitedHandlers
            require(limited.isEmpty()) {
                "the handler '${limited.first()}' has a concurrency of its own, which is not counted here: give it a lane of its own"
            }
            require(retention.isPositive()) { "retention must be positive, but was $retention" }
        }

        /**
         * Starts to answer Restate at [port], or at a free one if it is 0, and returns the port. The handlers run in [scope]; when that is
         * cancelled, their attempts go back uncounted, and nothing more starts. Restate sends calls as soon as it knows the address:
         * [register].
         *
         * @throws IllegalStateException if it was started before.
         */
        public suspend fun start(
            scope: CoroutineScope,
            port: Int = DEFAULT_PORT,
        ): Int {
            check(attempts == null) { "this worker was started before; create another one on the same queue" }
            val handlers = scope + SupervisorJob(scope.coroutineContext.job)
            val attempts = Attempts(queue.hosted, queue.services, queue, handlers, queue.clock::millis)
            val endpoint = HttpEndpoint(definitions(attempts))
            this.attempts = attempts
            this.endpoint = endpoint
            scope.coroutineContext.job.invokeOnCompletion { CoroutineScope(Dispatchers.Default).launch { stop(Duration.ZERO) } }
            return endpoint.listen(port)
        }

        private fun definitions(attempts: Attempts) =
            with(queue.services) {
                val options = HandlerRunner.Options.withExecutor(threads)
                val clock = queue.clock::millis
                val steps = CallSteps(queue.hosted, retention.inWholeMilliseconds, clock)
                listOf(
                    CallObject(this, steps, CallEffects(this, retention.toJavaDuration())).definition(options),
                    OrderObject(this).definition(options),
                    KeyObject(this, clock).definition(options),
                    Door(this).definition(options),
                    attempts.definition(options),
                )
            }

        /**
         * Lets the server know that workers answer at [address], for example `http://worker:9080`; once for an address, however many
         * workers are behind it. The address has to stay the same: the server sends an attempt that has started to no other one.
         *
         * @throws dev.reprise.queue.model.StoreUnavailableException if the server cannot be reached, or cannot reach the address.
         */
        public suspend fun register(address: String): Unit = queue.server.register(address)

        /**
         * Stops in this sequence: nothing more starts; running handlers get [grace] to end; then they are cancelled, and their attempts go
         * back uncounted. Returns when this process answers no longer, at the latest 10 seconds after [grace]. A handler that runs even
         * then continues; its attempt counts as a crash, and another worker makes it again.
         */
        public suspend fun stop(grace: Duration = 30.seconds) {
            if (!isStopped.compareAndSet(false, true)) return
            attempts?.stop(grace, LAST)
            endpoint?.close()
            threads.shutdown()
        }

        override fun toString(): String = "RestateWorker($queue, lanes ${queue.hosted.lanes.keys})"

        private companion object {
            const val DEFAULT_PORT = 9080
            val LAST = 10.seconds
        }
    }

/** The threads outlive the code that needed them first, and inherit nothing. */
private fun daemon(task: Runnable) =
    Thread(null, task, "reprise-restate", 0, false).apply {
        isDaemon = true
        contextClassLoader = RestateWorker::class.java.classLoader
    }
