package com.example

import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.target
import dev.reprise.retry
import dev.reprise.run.RetryOutcome
import dev.reprise.run.StopSignal
import dev.reprise.workflow.WorkflowEngine
import dev.reprise.workflow.linear
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.toList
import java.net.ConnectException
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import kotlin.io.path.createTempDirectory
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import dev.reprise.retry as retried

/** What an application does with Reprise: a call, a stop, a future, a flow, a durable call and a workflow. */
class Stories private constructor() {
    private val log = ArrayList<String>()
    private val soon = retry {
        every(1.milliseconds)
        maxAttempts(3)
    }

    private fun answer(call: Int): String = if (call < 3) throw ConnectException("refused") else "answer $call"

    private suspend fun call() {
        log += soon { answer(number) }
    }

    private suspend fun stop() {
        val shutdown = StopSignal()
        val reconnect = retry {
            every(1.hours)
            beforeRetry { shutdown.stop("closing time") }
            stopWhen(shutdown)
        }
        val outcome = reconnect.outcome { answer(1) }
        log += (outcome as RetryOutcome.Failure).report.stopReason.name
    }

    private fun future() {
        log += soon.supplyAsync { answer(number) }.get(20, TimeUnit.SECONDS)
    }

    private suspend fun flow() {
        var collections = 0
        log += flow { emit(answer(++collections)) }.retried(soon).toList().single()
    }

    private suspend fun queue(file: Path) = coroutineScope {
        val charge = target("charge")
        val queue = RetryQueue.open(file) {
            handle(charge) { order -> "$order paid, ${answer(attempt)}" }
            policy {
                every(1.milliseconds)
                maxAttempts(3)
            }
        }
        queue.start(this)
        log += queue.enqueue(charge, "42 EUR").await()
        queue.shutdown(grace = 10.seconds)
    }

    private suspend fun workflow() {
        val order = linear("order") {
            task("reserve") { log += "reserved" } revert { log += "released" }
            task("charge") { answer(1) }
        }
        WorkflowEngine().execute(order)
    }

    companion object {
        /** Runs all of them; returns what happened. */
        suspend fun tell(): String {
            val stories = Stories()
            stories.call()
            stories.stop()
            stories.future()
            stories.flow()
            stories.queue(createTempDirectory(Path.of("target"), "queue").resolve("calls.db"))
            stories.workflow()
            return stories.log.joinToString(" | ")
        }

        /** Names the versions on the class path, for example `coroutines 1.8.1, stdlib 1.9.25`. */
        fun versions(): String {
            val version = CoroutineScope::class.java.getResource("/META-INF/kotlinx_coroutines_core.version")
            return "coroutines ${version?.readText()}, stdlib ${KotlinVersion.CURRENT}"
        }
    }
}
