package dev.reprise.workflow.model

import kotlin.reflect.KClass
import kotlin.reflect.KType
import kotlin.reflect.typeOf

/** Something that a task or a controller can require: a [Key], or the result of a task that was declared before. */
public interface Input<out T> {
    /** The name and the type of the value. */
    public val key: Key<out T>
}

/**
 * A name for a value that is passed between atoms, with its type.
 *
 * Two keys are equal if name and type are. Whether each required value has the type of the one that is provided under its name is checked
 * when a workflow is planned; generic arguments are not compared.
 */
public class Key<T> private constructor(
    /** The name, unique among values and not among types: one name has one type in a workflow. */
    public val name: String,
    private val type: Class<*>?,
    private val nullable: Boolean,
) : Input<T> {
    override val key: Key<T> get() = this

    /** True if a value that is provided under [provided] can be read under this key, as far as the classes show. */
    internal fun accepts(provided: Key<*>): Boolean = type == null || provided.type == null || type.isAssignableFrom(provided.type)

    /** True if [value] can be read under this key. */
    internal fun accepts(value: Any?): Boolean = if (value == null) nullable else type == null || type.isInstance(value)

    /** The name of the type, for messages. */
    internal val typeName: String get() = type?.simpleName.orEmpty().ifEmpty { "any type" }

    override fun equals(other: Any?): Boolean = other is Key<*> && other.name == name && other.type == type

    override fun hashCode(): Int = name.hashCode()

    /** The name. */
    override fun toString(): String = name

    public companion object {
        /**
         * A key for values of [type], for callers without reified types. A null value is not accepted. Only the class of a generic type is
         * compared: `Key<List<String>> hosts = Key.of("hosts", List.class)`.
         */
        @JvmStatic
        public fun <T : Any> of(
            name: String,
            type: Class<in T>,
        ): Key<T> {
            @Suppress("UNCHECKED_CAST")
            return Key(name, (type as Class<Any>).kotlin.javaObjectType, nullable = false)
        }

        @PublishedApi
        internal fun <T> of(
            name: String,
            type: KType,
        ): Key<T> = Key(name, (type.classifier as? KClass<*>)?.javaObjectType, type.isMarkedNullable)

        /** A key that no user can write, for the result of a task without a key. Its type always matches and is not checked. */
        internal fun <T> ofResult(task: String): Key<T> = Key("result of $task", null, nullable = true)
    }
}

/** A key named [name] for values of type [T]. */
public inline fun <reified T> key(name: String): Key<T> = Key.of(name, typeOf<T>())
