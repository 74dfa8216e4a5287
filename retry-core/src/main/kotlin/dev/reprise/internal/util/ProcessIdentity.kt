package dev.reprise.internal.util

import java.net.InetAddress
import java.net.UnknownHostException

/** A process of the operating system, told apart from a later one with the same number. */
internal data class ProcessIdentity(
    val host: String,
    val pid: Long,
    /** When it was started, in epoch milliseconds; 0 where the system does not say. */
    val started: Long,
) {
    /** True if it is known to live: it runs on this host. */
    fun livesHere(): Boolean = host == current.host && ProcessHandle.of(pid).filter { it.isAlive && startOf(it) == started }.isPresent

    companion object {
        /** This process. */
        val current: ProcessIdentity by lazy { ProcessHandle.current().let { ProcessIdentity(hostName(), it.pid(), startOf(it)) } }

        private fun startOf(process: ProcessHandle) =
            process
                .info()
                .startInstant()
                .map { it.toEpochMilli() }
                .orElse(0)

        private fun hostName(): String =
            System.getenv("HOSTNAME") ?: System.getenv("COMPUTERNAME") ?: try {
                InetAddress.getLocalHost().hostName
            } catch (_: UnknownHostException) {
                "localhost"
            }
    }
}
