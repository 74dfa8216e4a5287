package dev.reprise.samples

import dev.reprise.retry
import dev.reprise.run.RetryListener
import dev.reprise.run.StopSignal
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runInterruptible
import java.net.ConnectException
import java.net.InetSocketAddress
import java.net.Socket
import kotlin.time.Duration.Companion.seconds

/** Keeps trying to connect, once a minute, until [shutdown]. */
class OrderFeed<out C>(
    private val shutdown: StopSignal,
    private val listener: RetryListener,
    private val connect: suspend () -> C,
) {
    private val reconnect = retry {
        every(60.seconds)
        on<ConnectException>()
        stopWhen(shutdown)
        listener(listener)
    }

    suspend fun open(): C = reconnect { connect() }
}

/** A plain connection. The thread that waits for it is interrupted when the coroutine is cancelled. */
suspend fun connect(address: InetSocketAddress): Socket = runInterruptible(Dispatchers.IO) { Socket(address.address, address.port) }
