package dev.reprise.interop

import com.sun.source.tree.ClassTree
import com.sun.source.tree.MethodTree
import com.sun.source.tree.ModifiersTree
import com.sun.source.tree.Tree
import com.sun.source.util.DocTrees
import com.sun.source.util.JavacTask
import com.sun.source.util.TreePathScanner
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldNotBeEmpty
import java.io.File
import java.net.URI
import javax.lang.model.element.Modifier
import javax.tools.JavaFileObject
import javax.tools.SimpleJavaFileObject
import javax.tools.ToolProvider

/** What the documentation of Java says must be there; a tag that would only repeat the name of a parameter need not. */
class JavadocTest : FunSpec({
    test("every public declaration has a comment") {
        val sources = File("src/main/java").walk().filter { it.extension == "java" && it.name != "package-info.java" }.toList()
        sources.shouldNotBeEmpty()
        uncommented(sources.map { source(it.name, it.readText()) }).shouldBeEmpty()
    }

    test("a declaration without a comment is reported, unless it overrides one or cannot be seen") {
        val text =
            """
            /** A service. */
            public interface Service {
                void call();
                /** Stops. */
                void stop();
            }
            class Hidden { public void run() {} }
            /** What services share. */
            abstract class Parent { public void start() {} }
            """
        val open =
            "public class Open { /** New. */ public Open() {} " +
                "@Override public String toString() { return \"\"; } protected void end() {} }"

        uncommented(listOf(source("Service.java", text), source("Open.java", open))) shouldContainExactly
            listOf("Service.java: call", "Service.java: start", "Open.java: Open", "Open.java: end")
    }
})

private fun source(
    name: String,
    text: String,
): JavaFileObject =
    object : SimpleJavaFileObject(URI.create("string:///$name"), JavaFileObject.Kind.SOURCE) {
        override fun getCharContent(ignoreEncodingErrors: Boolean) = text
    }

/** File and name of the public declarations without a comment. */
private fun uncommented(sources: List<JavaFileObject>): List<String> {
    val task = ToolProvider.getSystemJavaCompiler().getTask(null, null, null, listOf("-proc:none"), null, sources) as JavacTask
    val comments = DocTrees.instance(task)
    return task.parse().flatMap { unit ->
        val found = ArrayList<String>()
        val scanner =
            object : TreePathScanner<Unit, Boolean>() {
                override fun visitClass(
                    type: ClassTree,
                    isInInterface: Boolean,
                ) {
                    // What an abstract parent declares is seen in its public subclasses.
                    if (!type.modifiers.isVisible(isInInterface) && Modifier.ABSTRACT !in type.modifiers.flags) return
                    check(type.simpleName.toString())
                    super.visitClass(type, type.kind == Tree.Kind.INTERFACE || type.kind == Tree.Kind.ANNOTATION_TYPE)
                }

                override fun visitMethod(
                    method: MethodTree,
                    isInInterface: Boolean,
                ) {
                    val overrides = method.modifiers.annotations.any { it.annotationType.toString() == "Override" }
                    if (method.modifiers.isVisible(isInInterface) && !overrides) check(method.name.toString())
                }

                private fun check(name: String) {
                    if (comments.getDocComment(currentPath) == null) found += "${unit.sourceFile.name.removePrefix("/")}: $name"
                }
            }
        scanner.scan(unit, false)
        found
    }
}

private fun ModifiersTree.isVisible(isInInterface: Boolean) =
    (isInInterface && Modifier.PRIVATE !in flags) || Modifier.PUBLIC in flags || Modifier.PROTECTED in flags
