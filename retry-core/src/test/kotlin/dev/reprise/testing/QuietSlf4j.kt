package dev.reprise.testing

import org.slf4j.ILoggerFactory
import org.slf4j.IMarkerFactory
import org.slf4j.helpers.BasicMDCAdapter
import org.slf4j.helpers.BasicMarkerFactory
import org.slf4j.helpers.NOPLoggerFactory
import org.slf4j.spi.MDCAdapter
import org.slf4j.spi.SLF4JServiceProvider

/** SLF4J for tests: it writes nothing and has an MDC. */
class QuietSlf4j : SLF4JServiceProvider {
    private val loggers = NOPLoggerFactory()
    private val markers = BasicMarkerFactory()
    private val mdc = BasicMDCAdapter()

    override fun getLoggerFactory(): ILoggerFactory = loggers

    override fun getMarkerFactory(): IMarkerFactory = markers

    override fun getMDCAdapter(): MDCAdapter = mdc

    override fun getRequestedApiVersion(): String = "2.0.99"

    override fun initialize() = Unit
}
