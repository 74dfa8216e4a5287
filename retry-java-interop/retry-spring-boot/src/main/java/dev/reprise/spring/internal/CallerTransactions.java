package dev.reprise.spring.internal;

import dev.reprise.queue.spi.CallStore;
import dev.reprise.queue.spi.CallerTransaction;
import dev.reprise.queue.spi.TransactionalCallStore;
import dev.reprise.spring.internal.setup.ConfigurationMistake;
import dev.reprise.spring.internal.setup.RepriseProperties;
import org.jspecify.annotations.Nullable;
import org.springframework.util.ClassUtils;

/** Whether the queue joins the transactions of its callers. */
final class CallerTransactions {
    private static final boolean HAS_SPRING_JDBC =
            ClassUtils.isPresent(
                    "org.springframework.jdbc.datasource.DataSourceUtils",
                    CallerTransactions.class.getClassLoader());

    private CallerTransactions() {}

    static @Nullable CallerTransaction of(
            RepriseProperties.Queue queue, @Nullable CallStore store) {
        boolean isRequired = queue.transactions() == RepriseProperties.Transactions.REQUIRE;
        if (queue.transactions() == RepriseProperties.Transactions.SEPARATE) {
            return null;
        }
        if (HAS_SPRING_JDBC && store instanceof TransactionalCallStore database) {
            return new SpringTransaction(database.getDataSource(), isRequired);
        }
        if (isRequired) {
            throw new ConfigurationMistake(
                    "reprise.queue.transactions=require needs spring-jdbc and a store on a"
                            + " DataSource");
        }
        return null;
    }
}
