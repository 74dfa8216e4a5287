package dev.reprise.kafka

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldNotBeEmpty
import java.io.File
import java.net.URLClassLoader

class OptionalSpringTest : FunSpec({
    test("without Spring on the class path, all classes but those of the pair are loaded and linked") {
        val path = System.getProperty("java.class.path").split(File.pathSeparator).filter { "springframework" !in it }
        val main = File(path.first { File(it, "dev/reprise/kafka/DurableConsumer.class").exists() })
        val names =
            main
                .walk()
                .filter { it.extension == "class" && it.parentFile.name != "spring" }
                .map {
                    it
                        .relativeTo(main)
                        .path
                        .removeSuffix(".class")
                        .replace(File.separatorChar, '.')
                }.toList()
        names.shouldNotBeEmpty()
        URLClassLoader(path.map { File(it).toURI().toURL() }.toTypedArray(), ClassLoader.getPlatformClassLoader()).use { loader ->
            // Reading its members loads what their types name.
            for (name in names) {
                Class.forName(name, true, loader).run {
                    declaredMethods.size + declaredFields.size +
                        declaredConstructors.size
                }
            }
        }
    }
})
