package dev.reprise.console.model

/** What a visitor of a console can do. */
public sealed class Access {
    /** Sees nothing. */
    public object None : Access() {
        override fun toString(): String = "None"
    }

    /** Sees every page, without payloads that are shown on request only, and changes nothing. */
    public object Read : Access() {
        override fun toString(): String = "Read"
    }

    /** Sees every page and can carry out [actions]: all of them by default. */
    public class Operate
        @JvmOverloads
        constructor(
            /** The allowed actions. */
            public val actions: Set<ConsoleAction> = ConsoleAction.ALL,
        ) : Access() {
            override fun toString(): String = if (actions == ConsoleAction.ALL) "Operate" else "Operate($actions)"
        }

    internal val canRead: Boolean get() = this != None

    internal fun allows(action: ConsoleAction): Boolean = this is Operate && action in actions
}
