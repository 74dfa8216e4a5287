package dev.reprise.restate.kill

import dev.reprise.queue.HandlerRegistry
import dev.reprise.queue.model.Target
import dev.reprise.queue.model.target
import dev.reprise.restate.RestateCallQueue
import dev.reprise.restate.RestateWorker
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import java.io.IOException
import kotlin.time.Duration.Companion.milliseconds

internal val charge: Target<String, String> = target("charge")

/** How many attempts run at a time. */
internal const val SLOTS = 8

/** The first attempt at every fifth call fails. Each start and each end of the handler is a line. */
internal val handlers: HandlerRegistry =
    HandlerRegistry.of {
        maxCrashes = 10
        lane("default") { concurrency = SLOTS }
        policy { every(10.milliseconds).maxAttempts(3) }
        handle(charge) { request ->
            println("start ${call.cid} $attempt")
            delay(50.milliseconds)
            if (attempt == 1 && request.toInt() % 5 == 0) throw IOException("down").also { println("end ${call.cid} $attempt") }
            println("end ${call.cid} $attempt")
            "charged $request"
        }
    }

internal const val READY = "ready"

/** A worker in a process of its own, which ends with its input. The arguments: ingress, admin, name, port. */
fun main(args: Array<String>) {
    val (ingress, admin, name) = args
    val worker = RestateWorker(RestateCallQueue(ingress, admin, name, handlers))
    runBlocking { worker.start(CoroutineScope(SupervisorJob() + Dispatchers.Default), args.last().toInt()) }
    println(READY)
    System.`in`.readAllBytes()
    Runtime.getRuntime().halt(0)
}
