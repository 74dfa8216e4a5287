package dev.reprise.samples.sql;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.reprise.interop.RetryRunner;
import dev.reprise.policy.TransientFailures;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The recipe of the guide around the transactions of jOOQ and of Spring. */
final class FrameworkTransactionsTest {
    private static final RetryRunner TRANSACTIONS =
            RetryRunner.builder()
                    .on(TransientFailures.SQL)
                    .exponential(Duration.ofMillis(20), 2, Duration.ofSeconds(1))
                    .maxAttempts(5)
                    .build();
    private static EmbeddedPostgres server;

    @BeforeAll
    static void startServer() throws IOException {
        server = EmbeddedPostgres.start();
    }

    @AfterAll
    static void stopServer() throws IOException {
        server.close();
    }

    private static Stock stock(SQLDialect product, Path folder) throws SQLException {
        if (product == SQLDialect.SQLITE) {
            return Stock.inSqlite(folder);
        }
        try (var connection = server.getPostgresDatabase().getConnection();
                var statement = connection.createStatement()) {
            statement.execute("DROP TABLE IF EXISTS stock");
        }
        return Stock.inPostgres(server.getJdbcUrl("postgres", "postgres"));
    }

    @ParameterizedTest
    @EnumSource(names = {"SQLITE", "POSTGRES"})
    void aTransactionOfJooqRunsAgain(SQLDialect product, @TempDir Path folder) throws Exception {
        Stock stock = stock(product, folder);
        DSLContext dsl = DSL.using(stock.database, product);

        int before =
                TRANSACTIONS.call(
                        () ->
                                dsl.transactionResult(
                                        trx -> {
                                            int read =
                                                    trx.dsl()
                                                            .fetchSingle("SELECT n FROM stock")
                                                            .get(0, int.class);
                                            stock.changeOnce();
                                            trx.dsl().execute("UPDATE stock SET n = ?", read - 1);
                                            return read;
                                        }));

        assertEquals(20, before);
        assertEquals(2, stock.attempts());
        assertEquals(19, stock.left());
    }

    @ParameterizedTest
    @EnumSource(names = {"SQLITE", "POSTGRES"})
    void aTransactionOfSpringRunsAgain(SQLDialect product, @TempDir Path folder) throws Exception {
        Stock stock = stock(product, folder);
        TransactionTemplate template =
                new TransactionTemplate(new JdbcTransactionManager(stock.database));
        JdbcTemplate jdbc = new JdbcTemplate(stock.database);

        TRANSACTIONS.run(
                () ->
                        template.executeWithoutResult(
                                status -> {
                                    int read =
                                            jdbc.queryForObject(
                                                    "SELECT n FROM stock", Integer.class);
                                    stock.changeOnce();
                                    jdbc.update("UPDATE stock SET n = ?", read - 1);
                                }));

        assertEquals(2, stock.attempts());
        assertEquals(19, stock.left());
    }
}
