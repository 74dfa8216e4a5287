package dev.reprise.links

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldNotBeEmpty
import kotlinx.coroutines.CoroutineScope
import org.objectweb.asm.ClassWriter
import org.objectweb.asm.MethodVisitor
import org.objectweb.asm.Opcodes
import java.io.File
import java.util.jar.JarFile

/**
 * Every module that runs on the oldest libraries has this test: on its own classes, with the libraries that the build puts into `target/libraries`.
 */
class LinkTest : FunSpec({
    // What is compiled against the newest coroutines, by -Dcoroutines.version, does not link with older ones.
    val isNewest = libraries("newest").any { jar -> JarFile(jar).use { it.versionOfCoroutines() == compiledAgainst() } }

    for (age in if (isNewest) listOf("newest") else listOf("oldest", "newest")) {
        test("everything that this module refers to is in the $age kotlin-stdlib and kotlinx-coroutines") {
            val classes = File("target/classes").walk().filter { it.extension == "class" && it.name != "module-info.class" }
            LinkCheck(libraries(age)).use { check ->
                classes
                    .flatMap { check.faults(it.readBytes()) }
                    .toList()
                    .shouldBeEmpty()
            }
            classes.toList().shouldNotBeEmpty()
        }
    }

    test("code compiled by Kotlin 2.2 needs a newer stdlib than the oldest") {
        val compiled =
            caller {
                visitInsn(Opcodes.ACONST_NULL)
                visitMethodInsn(Opcodes.INVOKESTATIC, SPILLING, "nullOutSpilledVariable", "(Ljava/lang/Object;)Ljava/lang/Object;", false)
            }
        faults(compiled, "oldest") shouldContainExactly listOf("$SPILLING is missing (used by Caller)")
        faults(compiled, "newest").shouldBeEmpty()
    }

    test("code compiled against coroutines 1.11 needs a newer version than the oldest") {
        val type = "(Lkotlinx/coroutines/Job;Ljava/util/concurrent/CancellationException;ILjava/lang/Object;)V"
        val compiled = caller { visitMethodInsn(Opcodes.INVOKESTATIC, JOB, "cancel\$default", type, true) }
        faults(compiled, "oldest") shouldContainExactly listOf("$JOB.cancel\$default$type is missing (used by Caller)")
        faults(compiled, "newest").shouldBeEmpty()
    }

    test("a missing field and a class that became an interface are reported") {
        val compiled =
            caller {
                visitFieldInsn(Opcodes.GETSTATIC, "kotlin/Unit", "NOTHING", "Lkotlin/Unit;")
                visitMethodInsn(Opcodes.INVOKEVIRTUAL, "java/util/List", "size", "()I", false)
            }
        faults(compiled, "oldest") shouldContainExactly
            listOf(
                "kotlin/Unit.NOTHING:Lkotlin/Unit; is missing (used by Caller)",
                "java/util/List changed its kind (used by Caller)",
            )
    }

    test("a function that is internal to another library is reported, although it resolves") {
        val name = "tryRunNextTaskUnless\$kotlinx_coroutines_test"
        val type = "(Lkotlin/jvm/functions/Function0;)Z"
        val compiled = caller { visitMethodInsn(Opcodes.INVOKEVIRTUAL, SCHEDULER, name, type, false) }
        faults(compiled, "newest") shouldContainExactly listOf("$SCHEDULER.$name$type is internal to its module (used by Caller)")
    }

    test("inherited members resolve, and other libraries are not checked") {
        val compiled =
            caller {
                visitMethodInsn(Opcodes.INVOKEVIRTUAL, "kotlin/Unit", "hashCode", "()I", false)
                visitMethodInsn(Opcodes.INVOKEINTERFACE, "kotlinx/coroutines/CompletableJob", "isActive", "()Z", true)
                visitMethodInsn(Opcodes.INVOKESTATIC, "com/example/Missing", "call", "()V", false)
            }
        faults(compiled, "oldest").shouldBeEmpty()
    }
})

private const val VERSION = "META-INF/kotlinx_coroutines_core.version"

private fun JarFile.versionOfCoroutines() = getEntry(VERSION)?.let { getInputStream(it).reader().readText() }

private fun compiledAgainst() = CoroutineScope::class.java.getResource("/$VERSION")?.readText()

private const val SPILLING = "kotlin/coroutines/jvm/internal/SpillingKt"
private const val SCHEDULER = "kotlinx/coroutines/test/TestCoroutineScheduler"
private const val JOB = "kotlinx/coroutines/Job"

private fun libraries(age: String): List<File> =
    File("target/libraries/$age")
        .listFiles()
        .orEmpty()
        .toList()
        .also { it.shouldNotBeEmpty() }

private fun faults(
    caller: ByteArray,
    age: String,
): List<String> = LinkCheck(libraries(age)).use { it.faults(caller) }

/** A class with one method of this code. */
private fun caller(code: MethodVisitor.() -> Unit): ByteArray {
    val writer = ClassWriter(0)
    writer.visit(Opcodes.V17, Opcodes.ACC_PUBLIC, "Caller", null, "java/lang/Object", null)
    writer.visitMethod(Opcodes.ACC_STATIC, "call", "()V", null, null).run {
        visitCode()
        code()
        visitMaxs(0, 0)
        visitEnd()
    }
    writer.visitEnd()
    return writer.toByteArray()
}
