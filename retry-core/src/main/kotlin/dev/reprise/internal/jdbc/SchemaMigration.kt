package dev.reprise.internal.jdbc

/**
 * The numbered scripts `1.sql`, `2.sql` … in the folder [folder] of the class path. In them `{prefix}` stands for the prefix of the
 * tables; statements end with semicolons.
 */
internal class SchemaMigration(
    private val folder: String,
    private val prefix: String,
) {
    init {
        require(PREFIX.matches(prefix)) {
            "the table prefix must be a lower-case letter, then at most 30 lower-case letters, digits and underscores, but was '$prefix'"
        }
    }

    /** The number of the last script. */
    val latest: Int = generateSequence(1) { it + 1 }.takeWhile { resource(it) != null }.last()

    /** The text of script [number], as it is run. */
    fun text(number: Int): String =
        checkNotNull(resource(number)) { "there is no script $number in $folder" }
            .openStream()
            .use {
                it
                    .readBytes()
                    .toString(Charsets.UTF_8)
                    .lines()
                    .filterNot { line -> line.trimStart().startsWith("--") }
                    .joinToString("\n")
            }.replace("{prefix}", prefix)

    /** The number of the last script that was run on the database; zero if none was. */
    fun installed(session: JdbcSession): Int =
        if (exists(session)) session.first("SELECT max(version) FROM ${prefix}schema") { it.getInt(1) } ?: 0 else 0

    private fun exists(session: JdbcSession): Boolean =
        session.connection.metaData
            .getTables(session.connection.catalog, null, "${prefix}schema", null)
            .use { it.next() }

    /** Runs the scripts that were not run yet, in the transaction of [session]. */
    fun apply(session: JdbcSession) {
        for (number in installed(session) + 1..latest) {
            session.script(text(number))
            session.update("INSERT INTO ${prefix}schema (version, applied_at) VALUES (?, ?)", number, System.currentTimeMillis())
        }
    }

    private fun resource(number: Int) = SchemaMigration::class.java.getResource("/$folder/$number.sql")

    private companion object {
        val PREFIX = Regex("[a-z][a-z0-9_]{0,30}")
    }
}
