package dev.reprise.links

import org.objectweb.asm.ClassReader
import org.objectweb.asm.ClassVisitor
import org.objectweb.asm.Opcodes

/** What other classes can link with. */
internal class ClassFile(
    bytes: ByteArray,
) {
    private val reader = ClassReader(bytes)

    val isInterface: Boolean = reader.access and Opcodes.ACC_INTERFACE != 0
    val parents: List<String> = listOfNotNull(reader.superName) + reader.interfaces

    val members: Set<String> = buildSet { reader.forEachMember { name, type -> add(memberName(name, type)) } }
}

/** A class or, with [member], one of its members. */
internal data class Reference(
    val owner: String,
    val member: String? = null,
    /** What the caller assumes the owner of a method to be. */
    val isInterface: Boolean? = null,
)

/** All that the constant pool names, and the types of the class's own members, which frameworks read. */
internal fun ClassReader.references(): Set<Reference> =
    buildSet {
        for (item in 1 until itemCount) {
            // A long or double takes two entries; the second is unused.
            val place = getItem(item)
            if (place != 0) addAll(referencesAt(place))
        }
        forEachMember { _, type -> addAll(typesIn(type)) }
    }

private fun ClassReader.referencesAt(place: Int): List<Reference> {
    val buffer = CharArray(maxStringLength)
    return when (val tag = readByte(place - 1)) {
        CLASS -> {
            val name = readUTF8(place, buffer)
            if (name.startsWith("[")) typesIn(name) else listOf(Reference(name))
        }

        METHOD_TYPE -> {
            typesIn(readUTF8(place, buffer))
        }

        NAME_AND_TYPE -> {
            typesIn(readUTF8(place + 2, buffer))
        }

        FIELD, METHOD, INTERFACE_METHOD -> {
            val nameAndType = getItem(readUnsignedShort(place + 2))
            val member = memberName(readUTF8(nameAndType, buffer), readUTF8(nameAndType + 2, buffer))
            listOf(Reference(readClass(place, buffer), member, if (tag == FIELD) null else tag == INTERFACE_METHOD))
        }

        else -> {
            emptyList()
        }
    }
}

private fun ClassReader.forEachMember(action: (name: String, descriptor: String) -> Unit) {
    val visitor =
        object : ClassVisitor(Opcodes.ASM9) {
            override fun visitField(
                access: Int,
                name: String,
                descriptor: String,
                signature: String?,
                value: Any?,
            ) = null.also { action(name, descriptor) }

            override fun visitMethod(
                access: Int,
                name: String,
                descriptor: String,
                signature: String?,
                exceptions: Array<out String>?,
            ) = null.also { action(name, descriptor) }
        }
    accept(visitor, ClassReader.SKIP_CODE or ClassReader.SKIP_DEBUG or ClassReader.SKIP_FRAMES)
}

/** `get(I)Ljava/lang/Object;` or `size:I`. */
private fun memberName(
    name: String,
    descriptor: String,
): String = if (descriptor.startsWith("(")) name + descriptor else "$name:$descriptor"

/** In `(JLjava/util/List;)V`, `java/util/List`. */
private fun typesIn(descriptor: String): List<Reference> =
    Regex("L([^;]+);").findAll(descriptor).map { Reference(it.groupValues[1]) }.toList()

private const val CLASS = 7
private const val FIELD = 9
private const val METHOD = 10
private const val INTERFACE_METHOD = 11
private const val NAME_AND_TYPE = 12
private const val METHOD_TYPE = 16
