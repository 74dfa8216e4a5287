package dev.reprise.samples.spring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.interop.RetryRunner;
import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.run.RetryStoppedException;
import dev.reprise.run.StopSignal;
import java.nio.file.Path;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import org.sqlite.SQLiteDataSource;

final class SpringRecipeTest {
    @TempDir Path folder;

    @Test
    void anInterfaceWithRetriesIsABean() throws Exception {
        try (AnnotationConfigApplicationContext context =
                new AnnotationConfigApplicationContext(
                        PriceConfiguration.class, PriceClient.class)) {
            Prices prices = context.getBean("prices", Prices.class);

            assertEquals("umbrella: 12 EUR", prices.price("umbrella"));
        }
    }

    @Test
    void closingTheContextStopsItsRetries() {
        AnnotationConfigApplicationContext context =
                new AnnotationConfigApplicationContext(PriceConfiguration.class, PriceClient.class);
        RetryRunner reports = context.getBean(RetryRunner.class);
        StopSignal shutdown = context.getBean(StopSignal.class);

        context.close();

        assertTrue(shutdown.isStopped());
        assertThrows(RetryStoppedException.class, () -> reports.call(() -> "a report"));
    }

    @Test
    void anOrderThatIsRolledBackIsNotCharged() {
        try (AnnotationConfigApplicationContext context =
                new AnnotationConfigApplicationContext()) {
            context.registerBean(DataSource.class, this::dataSource);
            context.register(OrderConfiguration.class, OrderService.class);
            context.refresh();
            OrderService orders = context.getBean(OrderService.class);

            orders.place("one umbrella");
            assertThrows(IllegalArgumentException.class, () -> orders.place(" "));

            JdbcTemplate sql = new JdbcTemplate(context.getBean(DataSource.class));
            assertEquals(1, sql.queryForObject("SELECT count(*) FROM orders", Integer.class));
            long calls =
                    context.getBean(QueueRunner.class).counts().stream()
                            .mapToLong(it -> it.getCalls())
                            .sum();
            assertEquals(1, calls);
        }
    }

    private DataSource dataSource() {
        SQLiteDataSource dataSource = new SQLiteDataSource();
        dataSource.setUrl("jdbc:sqlite:" + folder.resolve("shop.db"));
        dataSource.setTransactionMode("IMMEDIATE");
        dataSource.setBusyTimeout(10_000);
        new JdbcTemplate(dataSource).execute("CREATE TABLE orders (goods TEXT)");
        return dataSource;
    }
}
