package dev.reprise.internal.jdbc

import java.io.IOException
import java.net.InetAddress
import java.net.ServerSocket
import java.net.Socket
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.concurrent.thread

/** Forwards connections to the local port [target]. If it swallows all packets, as a firewall does, no connection breaks. */
class SwallowingProxy(
    private val target: Int,
) : AutoCloseable {
    private val server = ServerSocket(0, 50, InetAddress.getLoopbackAddress())
    private val sockets = CopyOnWriteArrayList<Socket>()

    val port: Int get() = server.localPort

    @Volatile
    var swallows = false

    /** While true, packets wait, as in a network that is overloaded. */
    @Volatile
    var stalls = false

    init {
        inBackground { while (true) forward(server.accept()) }
    }

    private fun forward(client: Socket) {
        // A server that is being restarted refuses connections; the next one may come through.
        val real = runCatching { Socket(InetAddress.getLoopbackAddress(), target) }.getOrElse { return client.close() }
        sockets += listOf(client, real)
        inBackground { pump(client, real) }
        inBackground { pump(real, client) }
    }

    private fun pump(
        from: Socket,
        to: Socket,
    ) {
        val bytes = ByteArray(8192)
        while (true) {
            val count = from.getInputStream().read(bytes)
            while (stalls) Thread.sleep(STALL_MILLIS)
            if (count < 0) return to.close()
            if (!swallows) to.getOutputStream().write(bytes, 0, count)
        }
    }

    private fun inBackground(work: () -> Unit) {
        thread(isDaemon = true) {
            try {
                work()
            } catch (_: IOException) {
                // The other side is closed.
            }
        }
    }

    override fun close() {
        server.close()
        sockets.forEach { it.close() }
    }

    private companion object {
        const val STALL_MILLIS = 5L
    }
}
