package dev.reprise.queue.operate

import dev.reprise.queue.model.requireText
import java.util.Objects

/** Who acts, for the audit. */
public class Actor
    @JvmOverloads
    constructor(
        /** The name of the person or program; 1 to 200 characters. */
        public val name: String,
        /** What it acts through. Default: [Via.CODE]. */
        public val via: Via = Via.CODE,
    ) {
        init {
            require(name.isNotBlank() && name.length <= LONGEST) { "the name of an actor has 1 to $LONGEST characters, but was '$name'" }
            requireText("the name of an actor", name)
        }

        /** What people and programs act through. */
        public enum class Via {
            /** A program. */
            CODE,

            /** The console in a browser. */
            CONSOLE,

            /** The command line. */
            CLI,

            /** An endpoint of a framework. */
            ACTUATOR,
        }

        override fun equals(other: Any?): Boolean = other is Actor && name == other.name && via == other.via

        override fun hashCode(): Int = Objects.hash(name, via)

        override fun toString(): String = "$name via ${via.name.lowercase()}"

        private companion object {
            const val LONGEST = 200
        }
    }
