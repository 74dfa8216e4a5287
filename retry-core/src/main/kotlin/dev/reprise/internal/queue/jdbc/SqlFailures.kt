package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.isRejection
import dev.reprise.queue.model.InvalidCallException
import dev.reprise.queue.model.StoreUnavailableException
import java.sql.SQLException

/** Runs [work] with the exceptions of a queue instead of those of JDBC. */
internal inline fun <T> translatingSql(work: () -> T): T =
    try {
        work()
    } catch (e: SQLException) {
        if (e.isRejection()) throw InvalidCallException("the database rejects a value: ${e.message}", e)
        throw StoreUnavailableException("the database does not respond as expected: ${e.message}", e)
    }
