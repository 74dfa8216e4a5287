package dev.reprise.console.browser

import org.openqa.selenium.By
import org.openqa.selenium.Keys
import org.openqa.selenium.OutputType
import org.openqa.selenium.StaleElementReferenceException
import org.openqa.selenium.TimeoutException
import org.openqa.selenium.WebDriverException
import org.openqa.selenium.WebElement
import org.openqa.selenium.chrome.ChromeDriver
import org.openqa.selenium.chrome.ChromeDriverService
import org.openqa.selenium.chrome.ChromeOptions
import org.openqa.selenium.logging.LogType
import org.openqa.selenium.logging.LoggingPreferences
import org.openqa.selenium.support.ui.WebDriverWait
import java.io.File
import java.nio.file.Files
import java.time.Duration
import java.util.Base64
import java.util.logging.Level

/** A real browser, if it is installed. */
internal class Chromium private constructor(
    binary: File,
    driverFile: File,
    private val hasScripts: Boolean,
) : AutoCloseable {
    private val profile = Files.createTempDirectory("chromium")
    private val driver: ChromeDriver

    init {
        val options =
            ChromeOptions().apply {
                setBinary(binary)
                addArguments(
                    "--headless",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-quic",
                    "--no-first-run",
                    "--disable-dev-shm-usage",
                    "--hide-scrollbars",
                )
                addArguments("--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir=$profile")
                setCapability("goog:loggingPrefs", LoggingPreferences().apply { enable(LogType.BROWSER, Level.ALL) })
                if (!hasScripts) setExperimentalOption("prefs", mapOf("profile.managed_default_content_settings.javascript" to 2))
            }
        val service =
            ChromeDriverService
                .Builder()
                .usingDriverExecutable(driverFile)
                .usingAnyFreePort()
                .build()
        driver = ChromeDriver(service, options)
    }

    val url: String get() = driver.currentUrl.orEmpty()
    val text: String get() = driver.findElement(By.tagName("body")).text

    fun open(address: String) = driver.get(address)

    fun size(
        width: Int,
        height: Int = 900,
    ) {
        driver.executeCdpCommand(
            "Emulation.setDeviceMetricsOverride",
            mapOf(
                "width" to width,
                "height" to height,
                "deviceScaleFactor" to 1,
                "mobile" to false,
            ),
        )
    }

    fun link(text: String): WebElement = leading(By.linkText(text))

    fun css(selector: String): WebElement = leading(By.cssSelector(selector))

    /** Types [text] into the field that [selector] selects, and sends its form; returns when the next page is there. */
    fun send(
        selector: String,
        text: String,
    ) {
        val field = css(selector)
        leave { field.sendKeys(text, Keys.ENTER) }
    }

    fun all(selector: String): List<WebElement> = driver.findElements(By.cssSelector(selector))

    fun button(text: String): WebElement = leading(By.xpath("//*[self::button or self::a][starts-with(normalize-space(.), \"$text\")]"))

    /** The first element that is found, as soon as there is one. Its click returns when the page is there that it leads to. */
    private fun leading(by: By): WebElement {
        await { driver.findElements(by).isNotEmpty() }
        val element = driver.findElement(by)
        if (!hasScripts) return element
        return object : WebElement by element {
            override fun click() = leave { element.click() }
        }
    }

    /** Returns when the page is there to which [step] leads: the driver does not wait for it. */
    private fun leave(step: () -> Unit) {
        driver.executeScript("window.isLeft = true")
        step()
        try {
            WebDriverWait(driver, Duration.ofSeconds(2)).ignoring(WebDriverException::class.java).until {
                driver.executeScript("return !window.isLeft && document.readyState === 'complete'") == true
            }
        } catch (_: TimeoutException) {
            // It leads to no other page.
        }
    }

    fun script(code: String): Any? = driver.executeScript(code)

    val webDriver: org.openqa.selenium.WebDriver get() = driver

    /** The words of the element that has the focus. */
    val focused: String get() = driver.switchTo().activeElement().text

    val focusedTag: String get() = driver.switchTo().activeElement().tagName

    /** How wide the page is, as the browser lays it out: the bounds of what is in it. */
    val width: Int
        get() {
            val metrics = driver.executeCdpCommand("Page.getLayoutMetrics", emptyMap())
            return ((metrics["cssContentSize"] as Map<*, *>)["width"] as Number).toInt()
        }

    /** Shows pages light or dark, whatever the system prefers. */
    fun appear(isDark: Boolean) {
        val feature = mapOf("name" to "prefers-color-scheme", "value" to if (isDark) "dark" else "light")
        driver.executeCdpCommand("Emulation.setEmulatedMedia", mapOf("features" to listOf(feature)))
    }

    /** The whole page, also what the window does not show, as a PNG. */
    fun wholePage(): ByteArray {
        val picture = driver.executeCdpCommand("Page.captureScreenshot", mapOf("captureBeyondViewport" to true))
        return Base64.getDecoder().decode(picture["data"] as String)
    }

    /** What the window shows, as a PNG. */
    fun picture(): ByteArray = driver.getScreenshotAs(OutputType.BYTES)

    /** Waits until [condition] holds, for at most 20 seconds. */
    fun await(condition: () -> Boolean) {
        WebDriverWait(driver, Duration.ofSeconds(20)).ignoring(StaleElementReferenceException::class.java).until { condition() }
    }

    /** What the browser has complained about since it was last asked: also violations of the content security policy. */
    fun complaints(): List<String> =
        driver
            .manage()
            .logs()
            .get(LogType.BROWSER)
            .all
            .map { it.message }
            .filterNot { "favicon" in it }

    override fun close() {
        driver.quit()
        profile.toFile().deleteRecursively()
    }

    companion object {
        private val binary = find("chromium", "/usr/bin/chromium")
        private val driverFile = find("chromedriver", "/usr/bin/chromedriver")

        val isThere: Boolean by lazy {
            val isThere = binary != null && driverFile != null
            check(isThere || System.getProperty("browser") != "required") {
                "chromium and chromium-driver are required (-Dbrowser=required) and not installed"
            }
            if (!isThere) {
                println(
                    "########## The browser journeys of the console are SKIPPED: install chromium and chromium-driver. ##########",
                )
            }
            isThere
        }

        fun start(hasScripts: Boolean = true): Chromium = Chromium(checkNotNull(binary), checkNotNull(driverFile), hasScripts)

        private fun find(
            name: String,
            usual: String,
        ): File? =
            (
                System
                    .getenv("PATH")
                    .orEmpty()
                    .split(File.pathSeparator)
                    .map { File(it, name) } + File(usual)
            ).firstOrNull { it.canExecute() }
    }
}
