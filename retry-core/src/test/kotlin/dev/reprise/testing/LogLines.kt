package dev.reprise.testing

import java.util.logging.Handler
import java.util.logging.Level
import java.util.logging.LogRecord
import java.util.logging.Logger

/** What the logger [name] and those below it write while [block] runs, each as `logger LEVEL message`, kept from the console. */
internal fun logLines(
    name: String,
    level: Level = Level.ALL,
    block: () -> Unit,
): List<String> {
    val logger = Logger.getLogger(name)
    val lines = ArrayList<String>()
    val handler =
        object : Handler() {
            override fun publish(record: LogRecord) {
                synchronized(lines) { lines += "${record.loggerName.substringAfter("dev.reprise.")} ${record.level} ${record.message}" }
            }

            override fun flush() = Unit

            override fun close() = Unit
        }
    handler.level = Level.ALL
    val before = logger.level
    logger.level = level
    logger.useParentHandlers = false
    logger.addHandler(handler)
    try {
        block()
    } finally {
        logger.removeHandler(handler)
        logger.useParentHandlers = true
        logger.level = before
    }
    return synchronized(lines) { lines.toList() }
}
