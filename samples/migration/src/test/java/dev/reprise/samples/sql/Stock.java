package dev.reprise.samples.sql;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.sqlite.SQLiteDataSource;

/** A number in a database that ends a transaction whose view of it is out of date. */
final class Stock {
    final DataSource database;
    private int attempts;

    private Stock(DataSource database) throws SQLException {
        this.database = database;
        execute("CREATE TABLE stock(n INT)");
        execute("INSERT INTO stock VALUES (10)");
    }

    static Stock inSqlite(Path folder) throws SQLException {
        SQLiteDataSource database = new SQLiteDataSource();
        database.setUrl("jdbc:sqlite:" + folder.resolve("stock"));
        database.setJournalMode("WAL");
        database.setBusyTimeout(0);
        return new Stock(database);
    }

    static Stock inPostgres(String url) throws SQLException {
        PGSimpleDataSource database = new PGSimpleDataSource();
        database.setUrl(url);
        database.setOptions("-c default_transaction_isolation=serializable");
        return new Stock(database);
    }

    /** What another process does between the read and the write of the first attempt. */
    void changeOnce() {
        try {
            if (attempts++ == 0) {
                execute("UPDATE stock SET n = 20");
            }
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    int attempts() {
        return attempts;
    }

    int left() throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                var row = statement.executeQuery("SELECT n FROM stock")) {
            row.next();
            return row.getInt(1);
        }
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
