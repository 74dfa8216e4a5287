package dev.reprise

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import org.jetbrains.kotlin.cli.common.ExitCode
import org.jetbrains.kotlin.cli.jvm.K2JVMCompiler
import java.io.File
import java.net.URLClassLoader
import java.util.function.Supplier

private const val FOLDER = "src/test/resources/dev/reprise/abi"

/**
 * `caller.jar` is `Caller.kt`, compiled against an earlier state of this module. It is not renewed when a change makes this test fail: that
 * change would break every program that was compiled before it. Until the first release, `-Dabi.update=true` compiles it again.
 */
class CompiledCallerTest : FunSpec({
    if (System.getProperty("abi.update") == "true") compileCaller()

    test("a program compiled against an earlier jar still links and behaves the same") {
        URLClassLoader(arrayOf(File("$FOLDER/caller.jar").toURI().toURL()), Retry::class.java.classLoader).use { loader ->
            @Suppress("UNCHECKED_CAST")
            val caller = loader.loadClass("dev.reprise.abi.Caller").getConstructor().newInstance() as Supplier<List<String>>

            caller.get() shouldBe
                listOf(
                    "3: value of call 3",
                    "3: value of call 6",
                    "3: value of call 9",
                    "value of call 12",
                    "java.lang.IllegalStateException: no retry",
                    "value of call 15 after [1 3ms, 2 3ms]",
                    "1 in 2, EXHAUSTED",
                    "undo, true",
                    "undo, true",
                    "to Ada: value of call 18",
                )
        }
    }
})

private fun compileCaller() {
    val code =
        K2JVMCompiler().exec(
            System.err,
            "-no-stdlib",
            "-no-reflect",
            "-jvm-target",
            "17",
            "-classpath",
            System.getProperty("java.class.path"),
            "-d",
            "$FOLDER/caller.jar",
            "$FOLDER/Caller.kt",
        )
    check(code == ExitCode.OK) { "Caller.kt was not compiled: $code" }
}
