package dev.reprise.samples.orders

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import org.postgresql.ds.PGSimpleDataSource
import org.sqlite.SQLiteDataSource
import java.sql.Connection
import javax.sql.DataSource

/** Records what was paid. */
fun interface OrderBook {
    suspend fun paid(
        order: String,
        receipt: String,
    )
}

/** The orders of the shop, in a table of the shop's database. */
class Orders(
    private val dataSource: DataSource,
) : OrderBook {
    /** Creates the table if it does not exist. */
    suspend fun open(): Unit =
        transaction {
            it.execute(
                "CREATE TABLE IF NOT EXISTS shop_orders (id VARCHAR(100) PRIMARY KEY, goods VARCHAR(200), receipt VARCHAR(200))",
            )
        }

    /** Does [work] in one transaction: afterwards all of it is stored, or nothing. */
    suspend fun <T> transaction(work: (Connection) -> T): T =
        withContext(Dispatchers.IO) {
            dataSource.connection.use { connection ->
                connection.autoCommit = false
                work(connection).also { connection.commit() }
            }
        }

    fun add(
        connection: Connection,
        order: String,
        goods: String,
    ): Unit = connection.execute("INSERT INTO shop_orders (id, goods) VALUES (?, ?)", order, goods)

    override suspend fun paid(
        order: String,
        receipt: String,
    ): Unit = transaction { it.execute("UPDATE shop_orders SET receipt = ? WHERE id = ?", receipt, order) }

    /** The orders whose id begins with [run], each with its receipt or null. */
    suspend fun receipts(run: String): Map<String, String?> =
        transaction { connection ->
            connection.prepareStatement("SELECT id, receipt FROM shop_orders WHERE id LIKE ? ORDER BY id").use { statement ->
                statement.setString(1, "$run%")
                statement.executeQuery().use { rows ->
                    generateSequence { if (rows.next()) rows.getString(1) to rows.getString(2) else null }.toMap()
                }
            }
        }
}

/** SQLite or PostgreSQL, depending on [url]. A real service uses its connection pool. */
fun database(url: String): DataSource =
    if (url.startsWith("jdbc:sqlite:")) {
        SQLiteDataSource().apply {
            this.url = url
            setTransactionMode("IMMEDIATE")
            setBusyTimeout(30_000)
        }
    } else {
        PGSimpleDataSource().apply { setUrl(url) }
    }

private fun Connection.execute(
    sql: String,
    vararg values: String,
) {
    prepareStatement(sql).use { statement ->
        values.forEachIndexed { i, value -> statement.setString(i + 1, value) }
        statement.execute()
    }
}
