package dev.reprise.console.model

/** Where the calls of a console run. Every page shows it, in words and as a colour. */
public enum class Stage {
    /** On the machine of a developer. */
    DEVELOPMENT,

    /** Where changes are tried out. */
    TEST,

    /** Where users are. */
    PRODUCTION,
}
