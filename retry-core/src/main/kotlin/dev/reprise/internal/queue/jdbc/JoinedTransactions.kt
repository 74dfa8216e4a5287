package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.alsoTry
import dev.reprise.queue.model.InvalidCallException
import java.sql.Connection

/** @throws InvalidCallException if there is no transaction on [connection]. */
internal fun requireTransaction(connection: Connection) {
    if (connection.autoCommit) {
        throw InvalidCallException("the connection is in auto-commit mode; start a transaction with setAutoCommit(false)")
    }
}

/** Does all of [work] or nothing, in a transaction that its owner can commit although this fails. */
internal inline fun <T> Connection.wholly(work: () -> T): T {
    val before = setSavepoint()
    try {
        return work().also { releaseSavepoint(before) }
    } catch (e: Throwable) {
        e.alsoTry { rollback(before) }
        throw e
    }
}
