package dev.reprise.spring.internal;

import dev.reprise.queue.JdbcCallStore;
import dev.reprise.queue.spi.CallStore;
import dev.reprise.queue.spi.TransactionalCallStore;
import dev.reprise.spring.internal.setup.ConfigurationMistake;
import dev.reprise.spring.internal.setup.RepriseProperties;
import dev.reprise.workflow.JdbcWorkflowStore;
import dev.reprise.workflow.model.ValueCodec;
import java.nio.file.Path;
import java.time.Duration;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;

/** Opens the store that {@code reprise.queue} names. */
final class Stores {
    private static final Duration STATEMENT_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration LEASE = Duration.ofSeconds(20);

    private Stores() {}

    static JdbcCallStore open(RepriseProperties.Queue queue, ListableBeanFactory beans) {
        if (queue.sqlite() == null) {
            return new JdbcCallStore(
                    dataSource(queue, beans), queue.tablePrefix(), STATEMENT_TIMEOUT);
        }
        if (queue.dataSource() != null) {
            throw new ConfigurationMistake(
                    "reprise.queue.sqlite and reprise.queue.data-source are both set: keep one");
        }
        return new JdbcCallStore(Path.of(queue.sqlite()));
    }

    /** Beside the calls, where the queue has a database. */
    static JdbcWorkflowStore openWorkflows(
            RepriseProperties properties, @Nullable CallStore queue, ListableBeanFactory beans) {
        CallStore calls = queue != null ? queue : open(properties.queue(), beans);
        if (!(calls instanceof TransactionalCallStore database)) {
            throw new ConfigurationMistake(
                    "reprise.workflows.enabled is true, but the store of the queue has no DataSource:"
                            + " declare a bean of type WorkflowStore");
        }
        return new JdbcWorkflowStore(
                database.getDataSource(),
                properties.queue().tablePrefix(),
                ValueCodec.Json,
                LEASE,
                properties.workflows().retention(),
                null, // the schema that connections search, as the queue
                properties.queue().workerName());
    }

    private static DataSource dataSource(RepriseProperties.Queue queue, ListableBeanFactory beans) {
        try {
            return queue.dataSource() == null
                    ? beans.getBean(DataSource.class)
                    : beans.getBean(queue.dataSource(), DataSource.class);
        } catch (NoSuchBeanDefinitionException e) {
            throw new ConfigurationMistake(
                    "the queue has no database: %s; set reprise.queue.data-source to the name of one, or reprise.queue.sqlite to a file"
                            .formatted(e.getMessage()),
                    e);
        }
    }
}
