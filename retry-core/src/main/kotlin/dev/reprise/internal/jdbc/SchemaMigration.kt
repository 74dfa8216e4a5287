package dev.reprise.internal.jdbc

/**
 * The numbered scripts `1.sql`, `2.sql` … in the folder [folder] of the class path. In them `{prefix}` is replaced by the prefix of the
 * tables; statements end with semicolons.
 */
internal class SchemaMigration(
    private val folder: String,
    private val prefix: String,
    private val schema: String? = null,
) {
    /** Starts the names of tables in statements. */
    val qualifiedPrefix: String = if (schema == null) prefix else "\"$schema\".$prefix"

    init {
        require(PREFIX.matches(prefix)) {
            "tablePrefix must be a lower-case letter, then at most 30 lower-case letters, digits and underscores, but was '$prefix'"
        }
        require(schema == null || PREFIX.matches(schema)) {
            "schema must be a lower-case letter, then at most 30 lower-case letters, digits and underscores, but was '$schema'"
        }
    }

    private val product = DatabaseProduct.entries.first { folder.endsWith("/${it.folder}") }

    /** The number of the last script. */
    val latest: Int = generateSequence(1) { it + 1 }.takeWhile { resource(it) != null }.last()

    /** The text of script [number], as it runs. */
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

    /** The number of the last script that ran on the database; zero if none did. */
    fun installed(session: JdbcSession): Int =
        if (exists(session)) session.first("SELECT max(version) FROM ${qualifiedPrefix}schema") { it.getInt(1) } ?: 0 else 0

    /** The database of [session], and when the tables were created there, which tells it from one of the same name; null without tables. */
    fun installedAt(session: JdbcSession): String? {
        if (!exists(session)) return null
        val found = "SELECT current_database(), min(applied_at) FROM ${qualifiedPrefix}schema"
        return session.first(found) { "${it.getString(1)} ${it.getLong(2)}" }
    }

    /** Found by the same rule as in statements: other schemas of the database can have tables of this name. */
    private fun exists(session: JdbcSession): Boolean = session.first(product.findTable, "${qualifiedPrefix}schema") { true } == true

    /** Runs the missing scripts, in the transaction of [session]. */
    fun apply(session: JdbcSession) {
        schema?.let { product.useSchema(session, it) }
        for (number in installed(session) + 1..latest) {
            session.script(text(number))
            // A script that records its own version also works by hand.
            session.update(
                "INSERT INTO ${qualifiedPrefix}schema (version, applied_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
                number,
                System.currentTimeMillis(),
            )
        }
    }

    private fun resource(number: Int) = SchemaMigration::class.java.getResource("/$folder/$number.sql")

    private companion object {
        val PREFIX = Regex("[a-z][a-z0-9_]{0,30}")
    }
}
