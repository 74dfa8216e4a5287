package dev.reprise.modules

import dev.reprise.links.references
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldNotBeEmpty
import org.objectweb.asm.ClassReader
import java.io.File

/** What a native image needs to know of a lookup by name: an entry of the metadata, or why there is none. */
private sealed interface Need {
    /** Each of [names] is in the metadata of the module. */
    class Metadata(
        vararg val names: String,
    ) : Need

    /** It needs no entry, or cannot have one. */
    class Exception(
        val reason: String,
    ) : Need
}

private const val USERS = "the user names the classes: they register them"
private const val RELOADING = "ReloadingHandlers loads code that exists after the build only: not supported in a native image"
private const val SERVICE = "native images find the providers of a constant service by themselves"
private const val PROXY = "the interface is the user's, who registers its proxy; default methods are called through it"

/** Every lookup by name in the code of the core and of the facade. */
private val known: Map<String, Need> =
    mapOf(
        "dev/reprise/http/HttpAdapter: ServiceLoader.load" to Need.Exception(SERVICE),
        "dev/reprise/internal/engine/ContextSnapshot: ServiceLoader.load" to Need.Exception(SERVICE),
        "dev/reprise/internal/jdbc/SchemaMigration: Class.getResource" to
            Need.Metadata("dev/reprise/queue/schema/*/*.sql", "dev/reprise/workflow/schema/*/*.sql"),
        "dev/reprise/internal/policy/PolicyArguments: Class.forName" to Need.Exception("exceptions named in policies: $USERS"),
        "dev/reprise/internal/queue/HandlerClassLoader: ClassLoader.loadClass" to Need.Exception(RELOADING),
        "dev/reprise/internal/queue/HandlerClassLoader: Class.getDeclaredConstructor" to Need.Exception(RELOADING),
        "dev/reprise/internal/queue/HandlerClassLoader: Constructor.newInstance" to Need.Exception(RELOADING),
        "dev/reprise/internal/queue/OwnFirstLoader: ClassLoader.loadClass" to Need.Exception(RELOADING),
        "dev/reprise/internal/queue/events/CallMdc: Class.forName" to Need.Metadata("org.slf4j.MDC"),
        "dev/reprise/internal/util/CoroutinesVersion: Class.getResourceAsStream" to
            Need.Metadata("META-INF/kotlinx_coroutines_core.version"),
        "dev/reprise/internal/util/SqlErrors: Class.forName" to Need.Metadata("java.sql.SQLException"),
        "dev/reprise/interop/ProxyClass: Proxy.newProxyInstance" to Need.Exception(PROXY),
    )

/** The core and the facade run this test on their own classes. */
class LookupsTest : FunSpec({
    val classes = File("target/classes").walk().filter { it.extension == "class" && it.name != "module-info.class" }.toList()
    val names =
        classes
            .map {
                it
                    .relativeTo(File("target/classes"))
                    .invariantSeparatorsPath
                    .removeSuffix(".class")
                    .outer()
            }.toSet()
    val metadata =
        File("src/main/resources/META-INF/native-image")
            .walk()
            .filter { it.name == "reachability-metadata.json" }
            .joinToString("") { it.readText() }
    val own = known.filterKeys { it.substringBefore(':') in names }

    test("every class and resource that is looked up by name is in the metadata, or an exception with a reason") {
        classes.shouldNotBeEmpty()
        val lookups = classes.flatMap { lookupsOf(it.readBytes()) }.toSortedSet()
        lookups.toList() shouldContainExactly own.keys.sorted()
    }

    test("the metadata has every name that it must have, and no other") {
        val named = Regex("\"(?:type|glob)\": \"([^\"]+)\"").findAll(metadata).map { it.groupValues[1] }.toList()
        val needed = own.values.flatMap { if (it is Need.Metadata) it.names.toList() else emptyList() }
        named.sorted() shouldContainExactly needed.sorted()
    }

    test("a resource that the metadata names is there") {
        val globs = Regex("\"glob\": \"(dev/[^\"]+)\"").findAll(metadata).map { Regex(it.groupValues[1].replace("*", "[^/]+")) }
        val resources = File("target/classes").walk().map { it.relativeTo(File("target/classes")).invariantSeparatorsPath }.toList()
        globs.filter { glob -> resources.none(glob::matches) }.toList().shouldBeEmpty()
    }
})

/** The methods that find classes, members and resources by name. */
private val finders =
    mapOf(
        "java/lang/Class" to
            setOf(
                "forName",
                "getConstructor",
                "getConstructors",
                "getDeclaredConstructor",
                "getDeclaredField",
                "getDeclaredMethod",
                "getMethod",
                "getResource",
                "getResourceAsStream",
                "newInstance",
            ),
        "java/lang/reflect/Constructor" to setOf("newInstance"),
        "java/lang/reflect/Proxy" to setOf("newProxyInstance"),
        "java/util/ServiceLoader" to setOf("load", "loadInstalled"),
        "java/util/ResourceBundle" to setOf("getBundle"),
    )

private val loading = setOf("loadClass", "getResource", "getResources", "getResourceAsStream")

/** The lookups in the code of [bytes], as `class: method`. */
private fun lookupsOf(bytes: ByteArray): List<String> {
    val reader = ClassReader(bytes)
    return reader.references().mapNotNull { reference ->
        val method = reference.member?.substringBefore('(')?.takeIf { '(' in reference.member } ?: return@mapNotNull null
        val isLoader = reference.owner.endsWith("ClassLoader") && method in loading
        val isFinder = method in finders[reference.owner].orEmpty()
        val owner = if (isLoader) "ClassLoader" else reference.owner.substringAfterLast('/')
        if (isFinder || isLoader) "${reader.className.outer()}: $owner.$method" else null
    }
}

/** The outermost class that this one is in, or that of its file. */
private fun String.outer(): String = substringBefore('$').removeSuffix("Kt")
