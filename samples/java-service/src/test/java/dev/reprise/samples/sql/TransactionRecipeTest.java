package dev.reprise.samples.sql;

import static dev.reprise.ScheduleBuilder.schedule;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.failures.SqlFailures;
import dev.reprise.interop.RetryRunner;
import dev.reprise.policy.TransientFailures;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteDataSource;

final class TransactionRecipeTest {
    // docs:begin transaction
    private static final RetryRunner TRANSACTIONS =
            RetryRunner.builder()
                    // deadlocks, serialization failures, locks, lost connections
                    .on(TransientFailures.SQL)
                    .exponential(Duration.ofMillis(20), 2, Duration.ofSeconds(1))
                    .maxAttempts(5)
                    .build();

    interface Transaction<T> {
        T run(Connection connection) throws SQLException;
    }

    static <T> T transaction(DataSource database, Transaction<T> body) throws SQLException {
        return TRANSACTIONS.call(
                () -> {
                    try (Connection connection = database.getConnection()) { // its own
                        connection.setAutoCommit(false);
                        try {
                            T result = body.run(connection);
                            connection.commit();
                            return result;
                        } catch (SQLException | RuntimeException e) {
                            rollBack(connection, e);
                            throw e;
                        }
                    }
                });
    }

    private static void rollBack(Connection connection, Exception failure) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            failure.addSuppressed(e);
        }
    }

    // docs:end

    private static void run(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate(sql);
        }
    }

    private static int stock(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT n FROM stock")) {
            return row.getInt(1);
        }
    }

    @Test
    void aTransactionWhoseSnapshotIsOutOfDateRunsAgain(@TempDir Path folder) throws Exception {
        SQLiteDataSource database = new SQLiteDataSource();
        database.setUrl("jdbc:sqlite:" + folder.resolve("stock"));
        database.setJournalMode("WAL");
        database.setBusyTimeout(0);
        try (Connection connection = database.getConnection()) {
            run(connection, "CREATE TABLE stock(n INT)");
            run(connection, "INSERT INTO stock VALUES (10)");
        }
        int[] attempts = {0};

        int before =
                transaction(
                        database,
                        mine -> {
                            int read = stock(mine);
                            if (attempts[0]++ == 0) {
                                try (Connection other = database.getConnection()) {
                                    run(other, "UPDATE stock SET n = 20");
                                }
                            }
                            run(mine, "UPDATE stock SET n = " + (read - 1));
                            return read;
                        });

        assertEquals(2, attempts[0]);
        assertEquals(20, before);
        try (Connection connection = database.getConnection()) {
            assertEquals(19, stock(connection));
        }
    }

    @Test
    void rulesAndFunctions() {
        // docs:begin transient
        RetryRunner orders =
                RetryRunner.builder()
                        .on(TransientFailures.SQL)
                        // with delays of its own
                        .on(TransientFailures.GRPC, schedule().exponential(Duration.ofSeconds(1)))
                        .every(Duration.ofMillis(50))
                        .maxAttempts(5)
                        .build();
        // docs:end
        assertEquals(
                "every(50ms) maxAttempts(5) on(sql) on(grpc, schedule=exponential(1s))",
                orders.getPolicy().toString());
        SQLException e = new SQLException("deadlock", "40P01");
        // docs:begin transient-function
        boolean worthAnotherAttempt = SqlFailures.isTransient(e);
        // docs:end
        assertTrue(worthAnotherAttempt);
    }
}
