package dev.reprise.testing

import java.util.logging.Handler
import java.util.logging.LogRecord
import java.util.logging.Logger

/** The warnings that the library logs while [block] runs, kept from the console. */
internal fun warningsOf(block: () -> Unit): List<LogRecord> {
    val logger = Logger.getLogger("dev.reprise")
    val records = ArrayList<LogRecord>()
    val handler =
        object : Handler() {
            override fun publish(record: LogRecord) {
                synchronized(records) { records += record }
            }

            override fun flush() = Unit

            override fun close() = Unit
        }
    logger.useParentHandlers = false
    logger.addHandler(handler)
    try {
        block()
    } finally {
        logger.removeHandler(handler)
        logger.useParentHandlers = true
    }
    return synchronized(records) { records.toList() }
}
