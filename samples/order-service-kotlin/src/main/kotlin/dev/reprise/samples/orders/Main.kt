package dev.reprise.samples.orders

import jdk.jfr.Recording
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import java.net.URI
import java.nio.file.Files
import java.nio.file.Path
import kotlin.io.path.Path
import kotlin.io.path.isDirectory

/**
 * Without arguments: the story, on a SQLite file; with a JDBC URL, or the property `orders.url`: the same on that database.
 * `serve url gateway name orders…` is one copy of the shop; it takes the orders, works until its input ends, and shuts down.
 */
fun main(arguments: Array<String>): Unit =
    runBlocking {
        if (arguments.firstOrNull() == "serve") {
            serve(arguments[1], URI(arguments[2]), arguments[3], arguments.drop(4))
        } else {
            val url = arguments.firstOrNull() ?: System.getProperty("orders.url").orEmpty()
            Story(url.ifEmpty { "jdbc:sqlite:${temporaryFile()}" }).tell()
        }
    }

private fun temporaryFile() = Files.createTempFile("shop", ".db").also { it.toFile().deleteOnExit() }

private suspend fun serve(
    url: String,
    gateway: URI,
    name: String,
    orders: List<String>,
): Unit =
    coroutineScope {
        val recording = Recording().apply { start() } // has the events of FlightRecording, which listens in the shop
        val shop = Shop(database(url), GatewayPayments(gateway), name) { println("[$name] $it") }
        shop.open()
        for (order in orders) {
            val (id, goods) = order.split('=')
            val call = shop.place(id, goods)
            println("[$name] took order $id, $goods: its charge is call ${call.cid}")
        }
        shop.queue.start(this)
        withContext(Dispatchers.IO) { System.`in`.readAllBytes() }
        shop.close()
        println("[$name] shuts down and leaves ${dump(recording, name)}, for: jfr print --events 'dev.reprise.*'")
    }

private fun dump(
    recording: Recording,
    name: String,
): Path {
    val folder = Path("target").takeIf(Path::isDirectory) ?: Path("")
    return folder.resolve("${name.replace(' ', '-')}.jfr").also { file -> recording.use { it.dump(file) } }
}
