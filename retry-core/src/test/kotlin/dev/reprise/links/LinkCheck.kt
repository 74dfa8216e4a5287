package dev.reprise.links

import org.objectweb.asm.ClassReader
import java.io.File
import java.net.URLClassLoader

/**
 * Resolves what class files refer to in kotlin-stdlib, kotlinx-coroutines and the JDK, as the JVM does when it links them.
 *
 * The libraries are [jars]. The JDK is the running one: the compilers already reject what is newer than 17.
 */
internal class LinkCheck(
    jars: List<File>,
) : AutoCloseable {
    private val libraries = URLClassLoader(jars.map { it.toURI().toURL() }.toTypedArray(), ClassLoader.getPlatformClassLoader())
    private val known = HashMap<String, ClassFile?>()

    /** One line for each reference of [caller] that does not resolve. */
    fun faults(caller: ByteArray): List<String> {
        val reader = ClassReader(caller)
        return reader
            .references()
            .mapNotNull { fault(it) }
            .distinct()
            .map { "$it (used by ${reader.className})" }
    }

    private fun fault(reference: Reference): String? {
        if (!isChecked(reference.owner)) return null
        val owner = find(reference.owner) ?: return "${reference.owner} is missing"
        return when {
            reference.member == null -> null
            OTHERS_INTERNAL in reference.member -> "${reference.owner}.${reference.member} is internal to its module"
            !has(owner, reference.member) -> "${reference.owner}.${reference.member} is missing"
            reference.isInterface != null && reference.isInterface != owner.isInterface -> "${reference.owner} changed its kind"
            else -> null
        }
    }

    private fun has(
        owner: ClassFile,
        member: String,
    ): Boolean = member in owner.members || owner.parents.any { parent -> find(parent)?.let { has(it, member) } ?: !isChecked(parent) }

    private fun isChecked(name: String): Boolean = roots.any { name.startsWith(it) }

    private fun find(name: String): ClassFile? =
        known.getOrPut(name) {
            val loader = if (name.startsWith(OUR_ROOT)) ClassLoader.getSystemClassLoader() else libraries
            loader.getResourceAsStream("$name.class")?.use { ClassFile(it.readBytes()) }
        }

    override fun close() = libraries.close()
}

private const val OUR_ROOT = "dev/reprise/"

/** Kotlin adds the module to the names of internal functions, as in `tryRunNextTaskUnless$kotlinx_coroutines_test`. */
private const val OTHERS_INTERNAL = "\$kotlin"

/** The checked libraries. Our own classes are included because they can inherit members. */
private val roots = listOf("kotlin/", "kotlinx/coroutines/", "java/", OUR_ROOT)
