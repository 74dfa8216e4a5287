package dev.reprise

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import org.jetbrains.kotlin.cli.jvm.K2JVMCompiler
import java.io.ByteArrayOutputStream
import java.io.File
import java.io.PrintStream
import java.nio.file.Files

/** Each line that must not compile ends with `// no`. */
private val SOURCE =
    """
    import dev.reprise.*
    import java.io.IOException
    import kotlin.random.Random
    import kotlin.time.Duration.Companion.seconds

    fun connect(): String = "socket"
    suspend fun load(): String = "page"
    fun useCases(): List<Retry> = emptyList()

    val settings = retry { every(60.seconds); on<IOException>(); maxAttempts(5) }
    val schedule = retry { on<IOException>(schedule = { exponential(1.seconds) }); forever() }
    val testing = retry { forever(); testing { random(Random(1)) } }
    val policy = retryPolicy { exponential(1.seconds); maxAttempts(5) }
    suspend fun run() = retry(policy) { load() }
    suspend fun call() = settings { load() }

    val body = retry { maxAttempts(5); connect() } // no
    val suspending = retry { maxAttempts(5); load() } // no
    val bodyOfPolicy = retryPolicy { maxAttempts(5); connect() } // no
    val bodyOfSchedule = retry { on<IOException>(schedule = { every(1.seconds); connect() }); forever() } // no
    val condition = retry { forever(); if (useCases().isEmpty()) on<IOException>() } // no
    val built = retry { forever(); build() } // no
    val builtPolicy = retry { forever(); buildPolicy() } // no
    val randomOutside = retry { forever(); random(Random(1)) } // no
    abstract class OwnStore : dev.reprise.queue.spi.CallStore // no
    abstract class OwnTransactionalStore : dev.reprise.queue.spi.TransactionalCallStore // no
    abstract class OwnWorkflowStore : dev.reprise.workflow.spi.WorkflowStore // no
    abstract class OwnJournal : dev.reprise.workflow.spi.RunJournal // no
    abstract class OwnTimer : dev.reprise.run.RetryTimer // no
    abstract class OwnCarrier : dev.reprise.run.ContextCarrier // no
    @OptIn(dev.reprise.policy.RepriseSpi::class)
    abstract class OptedIn : dev.reprise.run.ContextCarrier
    val innerScope = retry { on<IOException>(schedule = { maxAttempts(5); every(1.seconds) }); forever() } // no
    """.trimIndent()

class CompilationTest : FunSpec({
    test("a block that ends in anything but a setting and an extension that does not opt in do not compile; the error points at the line") {
        val expected =
            SOURCE
                .lines()
                .withIndex()
                .filter { it.value.endsWith("// no") }
                .map { it.index + 1 }

        linesWithErrors(SOURCE) shouldBe expected
    }
})

/** The numbers of the lines of [source] at which the compiler reports an error. */
private fun linesWithErrors(source: String): List<Int> {
    val folder = Files.createTempDirectory("reprise-compilation").toFile()
    val output = ByteArrayOutputStream()
    try {
        val file = File(folder, "Snippets.kt").apply { writeText(source) }
        K2JVMCompiler().exec(
            PrintStream(output, true),
            "-no-stdlib",
            "-no-reflect",
            "-jvm-target",
            "17",
            "-classpath",
            System.getProperty("java.class.path"),
            "-d",
            File(folder, "classes").path,
            file.path,
        )
    } finally {
        folder.deleteRecursively()
    }
    return Regex("""Snippets\.kt:(\d+):\d+: error:""")
        .findAll("$output")
        .map { it.groupValues[1].toInt() }
        .distinct()
        .sorted()
        .toList()
}
