package dev.reprise.internal.queue.operate

import java.io.IOException
import java.net.JarURLConnection
import java.util.jar.Attributes
import java.util.jar.JarFile
import java.util.jar.Manifest

/** The version of the program that runs in this JVM, as the manifest of its jar has it. */
internal object ApplicationVersion {
    /** Null if it is unknown. */
    val ofProgram: String? by lazy { of(System.getProperty("sun.java.command").orEmpty().substringBefore(' ')) }

    /** The version of [program], the jar or the main class that a JVM was started with. */
    fun of(program: String): String? {
        val manifest =
            try {
                if (program.endsWith(".jar")) JarFile(program).use { it.manifest } else ofClass(program.substringAfter('/'))
            } catch (_: IOException) {
                null
            }
        return manifest
            ?.mainAttributes
            ?.getValue(
                Attributes.Name.IMPLEMENTATION_VERSION,
            )?.takeIf { it.isNotBlank() && it.length <= LONGEST }
    }

    /** The manifest of the jar that has the class [name]. */
    private fun ofClass(name: String): Manifest? {
        val resource = ClassLoader.getSystemResource(name.replace('.', '/') + ".class") ?: return null
        val connection = resource.openConnection() as? JarURLConnection ?: return null
        connection.useCaches = false
        return connection.jarFile.use { it.manifest }
    }

    private const val LONGEST = 200
}
