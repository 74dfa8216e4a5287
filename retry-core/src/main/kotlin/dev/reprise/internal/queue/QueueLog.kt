package dev.reprise.internal.queue

internal val queueLog: System.Logger = System.getLogger("dev.reprise.queue")
