package dev.reprise.internal.policy

import dev.reprise.internal.util.durationOf
import dev.reprise.policy.TransientFailures
import kotlin.time.Duration

/** The arguments of [call] by the names of its [parameters]. As in Kotlin, an argument has a position or a name. */
internal class PolicyArguments(
    private val call: NotationCall,
    private val parameters: List<String>,
) {
    private val arguments = LinkedHashMap<String, NotationArgument>()
    private val form = call.name + if (parameters.isEmpty()) "" else parameters.joinToString(prefix = "(", postfix = ")")

    init {
        call.arguments.orEmpty().forEachIndexed { index, argument ->
            val name = argument.name ?: argument.flag() ?: parameters.getOrNull(index) ?: argument.fail("too many arguments: it is $form")
            if (name !in parameters) argument.fail("no argument '$name': it is $form")
            if (arguments.put(name, argument) != null) argument.fail("'$name' is set twice")
        }
    }

    /** `inCauses` is short for `inCauses=true`. */
    private fun NotationArgument.flag(): String? = value.singleOrNull()?.name?.takeIf { it in parameters }

    fun word(name: String): String = required(name).word()

    fun duration(
        name: String,
        default: Duration? = null,
    ): Duration = arguments[name]?.duration() ?: default ?: missing(name)

    fun number(
        name: String,
        default: Double,
    ): Double = arguments[name]?.let { it.word().toDoubleOrNull() ?: it.failExpected("a number such as 1.5") } ?: default

    fun count(name: String): Int = required(name).let { it.word().toIntOrNull() ?: it.failExpected("a whole number such as 5") }

    fun flag(
        name: String,
        default: Boolean = false,
    ): Boolean {
        val argument = arguments[name] ?: return default
        return when (argument.word()) {
            name, "true" -> true
            "false" -> false
            else -> argument.failExpected("true or false")
        }
    }

    fun <E : Enum<E>> oneOf(
        name: String,
        values: List<E>,
        or: String = "",
    ): E =
        required(name).let { argument ->
            values.find { it.name.lowercase() == argument.word() }
                ?: argument.failExpected("one of ${values.joinToString { it.name.lowercase() }}$or")
        }

    /** The table that the argument names; null if it names a class. */
    fun table(name: String): TransientFailures? = tableOf(required(name).word())

    /** The class that the argument names. It is loaded but not initialised: parsing must not run its code. */
    fun failureClass(name: String): Class<out Throwable> {
        val argument = required(name)
        val className = argument.word()
        val type =
            try {
                Class.forName(className, false, call.source.loader)
            } catch (e: ClassNotFoundException) {
                argument.fail("no class '$className' is found; a class is written with its package, as java.io.IOException", e)
            } catch (e: LinkageError) {
                argument.fail("class '$className' cannot be loaded: $e", e)
            }
        if (!Throwable::class.java.isAssignableFrom(type)) argument.fail("class '$className' is not a Throwable")
        return type.asSubclass(Throwable::class.java)
    }

    fun calls(name: String): List<NotationCall>? = arguments[name]?.value

    private fun required(name: String): NotationArgument = arguments[name] ?: missing(name)

    private fun missing(name: String): Nothing = call.fail("'$name' is missing: it is $form")
}

internal fun NotationArgument.duration(): Duration =
    durationOf(word()) ?: failExpected("a duration such as 250ms, 1.5s or 1m30s, no finer than a nanosecond")

internal fun NotationArgument.unnamed(): NotationArgument = if (name == null) this else fail("'$name' is not expected here")

private fun NotationArgument.word(): String {
    val only = value.singleOrNull()?.takeIf { it.arguments == null } ?: fail("expected a single word, without spaces or brackets")
    return only.name
}

private fun NotationArgument.failExpected(expected: String): Nothing = fail("expected $expected, but was '${word()}'")

private fun NotationArgument.fail(
    problem: String,
    cause: Throwable? = null,
): Nothing = value.first().source.fail(value.first().position, problem, cause)
