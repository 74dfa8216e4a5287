package dev.reprise.internal.jdbc

import java.nio.file.Files
import java.nio.file.Path
import java.sql.Connection
import java.util.concurrent.ConcurrentHashMap

/** Knows the database of a store again, so that a connection to another one is not mistaken for one to it. */
internal class HomeDatabase(
    private val product: DatabaseProduct,
    private val scripts: SchemaMigration,
) {
    /** A database: [key] is equal for connections to the same one and null if nothing tells it apart; [name] is for people. */
    private class Identity(
        val key: String?,
        val name: String,
    )

    @Volatile
    private var home: Identity? = null

    /** The addresses under which it was reached: a second look costs no round trip. */
    private val addresses = ConcurrentHashMap.newKeySet<String>()

    /** [session] is to the database of the store. Before its tables exist, nothing tells it from others. */
    fun learn(session: JdbcSession) {
        home = identityOf(session).takeIf { it.key != null }
    }

    /** The reason why [session] is not one to the database of the store; null if it is, or if that is not known. */
    fun fault(session: JdbcSession): String? {
        val own = home ?: return null
        val address = session.connection.metaData.url
        if (address != null && address in addresses) return null
        val other = identityOf(session)
        if (other.key !=
            own.key
        ) {
            return "the connection is to ${other.name}, but the store is in ${own.name}: pass a connection to that database"
        }
        if (address != null && addresses.size < MOST_ADDRESSES) addresses += address
        return null
    }

    private fun identityOf(session: JdbcSession): Identity {
        val isOfProduct = session.connection.metaData.databaseProductName == product.productName
        val key =
            if (!isOfProduct) {
                null
            } else if (product == DatabaseProduct.SQLITE) {
                fileOf(session)
            } else {
                scripts.installedAt(session)
            }
        return Identity(key, nameOf(session.connection))
    }

    /** Null for a database in memory. The file need not exist before something is written. */
    private fun fileOf(session: JdbcSession): String? {
        val file = session.query("PRAGMA database_list") { it.getString("name") to it.getString("file") }.toMap()["main"]
        if (file.isNullOrEmpty()) return null
        val path = Path.of(file)
        return (
            if (Files.exists(
                    path,
                )
            ) {
                path.toRealPath()
            } else {
                path.toAbsolutePath().let { it.parent.toRealPath().resolve(it.fileName) }
            }
        ).toString()
    }

    /** Without its parameters, which can hold a password. */
    private fun nameOf(connection: Connection): String =
        connection.metaData.url
            .orEmpty()
            .substringBefore('?')
            .ifEmpty { "another database" }

    private companion object {
        const val MOST_ADDRESSES = 100
    }
}
