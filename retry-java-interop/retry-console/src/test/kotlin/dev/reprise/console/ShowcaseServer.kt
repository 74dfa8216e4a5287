package dev.reprise.console

import dev.reprise.console.model.Access
import dev.reprise.console.model.Payloads
import dev.reprise.console.model.Stage

/** Serves the console of the showcase at the port that is the first argument, for looking at it; the second one is `read` for a reader. */
fun main(arguments: Array<String>) {
    val showcase = Showcase()
    val access = if (arguments.getOrNull(1) == "read") Access.Read else Access.Operate()
    val console =
        consoleOf(showcase, access) {
            stage = Stage.PRODUCTION
            payloads = Payloads.ON_REQUEST
        }
    println(ConsoleServer(console, arguments.first().toInt()).start())
    println("retrying ${showcase.retrying.cid} blocked ${showcase.blocked.cid}")
    Thread.currentThread().join()
}
