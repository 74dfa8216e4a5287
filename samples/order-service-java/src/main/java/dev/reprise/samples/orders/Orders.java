package dev.reprise.samples.orders;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.sqlite.SQLiteDataSource;

/** The orders of the shop, in a table of the shop's database. */
final class Orders implements OrderBook {
    /** A piece of work in a transaction. */
    @FunctionalInterface
    interface Work<T> {
        T in(Connection connection) throws SQLException;
    }

    private final DataSource dataSource;

    Orders(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    /** SQLite or PostgreSQL, depending on the URL. A real service uses its connection pool. */
    static DataSource database(String url) {
        if (!url.startsWith("jdbc:sqlite:")) {
            PGSimpleDataSource postgres = new PGSimpleDataSource();
            postgres.setUrl(url);
            return postgres;
        }
        SQLiteDataSource sqlite = new SQLiteDataSource();
        sqlite.setUrl(url);
        sqlite.setTransactionMode("IMMEDIATE");
        sqlite.setBusyTimeout(30_000);
        return sqlite;
    }

    /** Creates the table if it does not exist. */
    void open() throws SQLException {
        transaction(
                connection ->
                        execute(
                                connection,
                                "CREATE TABLE IF NOT EXISTS shop_orders (id VARCHAR(100) PRIMARY"
                                        + " KEY, goods VARCHAR(200), receipt VARCHAR(200))"));
    }

    /** Does some work in one transaction: afterwards all of it is stored, or nothing. */
    <T> T transaction(Work<T> work) throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            T result = work.in(connection);
            connection.commit();
            return result;
        }
    }

    void add(Connection connection, String order, String goods) throws SQLException {
        execute(connection, "INSERT INTO shop_orders (id, goods) VALUES (?, ?)", order, goods);
    }

    @Override
    public void paid(String order, String receipt) throws SQLException {
        String update = "UPDATE shop_orders SET receipt = ? WHERE id = ?";
        transaction(connection -> execute(connection, update, receipt, order));
    }

    /** The orders whose id begins with {@code run}, each with its receipt or null. */
    Map<String, String> receipts(String run) throws SQLException {
        return transaction(connection -> receipts(connection, run + "%"));
    }

    private static Map<String, String> receipts(Connection connection, String ids)
            throws SQLException {
        String query = "SELECT id, receipt FROM shop_orders WHERE id LIKE ? ORDER BY id";
        Map<String, String> receipts = new LinkedHashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            statement.setString(1, ids);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    receipts.put(rows.getString(1), rows.getString(2));
                }
            }
        }
        return receipts;
    }

    private static Void execute(Connection connection, String sql, String... values)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                statement.setString(i + 1, values[i]);
            }
            statement.execute();
        }
        return null;
    }
}
