package dev.reprise.internal.queue.operate

internal val operatorLog: System.Logger = System.getLogger("dev.reprise.queue.operator")
