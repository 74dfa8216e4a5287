package dev.reprise.console.browser

import dev.reprise.console.ConsoleServer
import dev.reprise.console.Showcase
import dev.reprise.console.consoleOf
import dev.reprise.console.model.Stage
import io.kotest.core.spec.style.FunSpec
import java.io.File

class GuidePicturesTest : FunSpec({
    val isUpdate = System.getProperty("pictures.update") == "true"

    test("the pictures of the guide are rendered again with -Dpictures.update=true").config(enabled = Chromium.isThere && isUpdate) {
        val showcase = Showcase()
        val pictures =
            mapOf(
                "overview" to "",
                "call" to "calls/${showcase.retrying.cid}",
                "storm" to "storm",
                "run" to "runs/trip%2041007",
            )
        Chromium.start().use { browser ->
            ConsoleServer(consoleOf(showcase) { stage = Stage.PRODUCTION }, port = 0).use { server ->
                val root = server.start()
                browser.size(1280, 980)
                for ((name, path) in pictures) {
                    browser.open(root + path)
                    File("../../retry-core/guide/pictures/console-$name.png").apply { parentFile.mkdirs() }.writeBytes(browser.picture())
                }
            }
        }
    }
})
