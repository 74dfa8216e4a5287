package dev.reprise.queue.operate

/** What a database promises about changes that it has confirmed. */
public class StoreDurability internal constructor(
    /** The database with its version, as in "PostgreSQL 18.6". */
    public val database: String,
    /** True if a change is on the disk of the server before it is confirmed, so that it survives a crash of the operating system. */
    public val isOnDisk: Boolean,
    /** The settings behind that, by name: `fsync` and `synchronous_commit` of PostgreSQL, `synchronous` and `journal_mode` of SQLite. */
    public val settings: Map<String, String>,
    /** The standby servers that confirm a change first, as `synchronous_standby_names` lists them; empty for none. */
    public val standbyNames: String,
    /** How many standby servers are connected. */
    public val standbys: Int,
) {
    /** What can be lost, in sentences for an operator; empty if nothing can. */
    public val warnings: List<String>
        get() {
            val weak = settings.filter { (name, value) -> isWeak(name, value) }.map { (name, value) -> "$name=$value" }
            return if (isOnDisk) {
                emptyList()
            } else {
                listOf(
                    "$database has ${weak.joinToString()}: calls that it has accepted can be lost in a crash",
                )
            }
        }

    override fun toString(): String =
        "$database, ${settings.entries.joinToString { "${it.key}=${it.value}" }}" +
            (if (standbyNames.isEmpty()) "" else ", synchronous_standby_names=$standbyNames, $standbys connected")

    internal companion object {
        /** True if a server with this setting confirms what is not on its disk. */
        fun isWeak(
            name: String,
            value: String,
        ): Boolean = name in setOf("fsync", "synchronous_commit", "synchronous") && value in setOf("off", "normal")
    }
}
