package dev.reprise.spring.internal;

import dev.reprise.queue.spi.CallerTransaction;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * The transaction of Spring that is active on the calling thread, whatever manages it: JDBC, or
 * JPA, whose transaction manager exposes the connection for its DataSource.
 */
final class SpringTransaction implements CallerTransaction {
    private final DataSource queue;
    private final boolean isRequired;

    SpringTransaction(DataSource queue, boolean isRequired) {
        this.queue = queue;
        this.isRequired = isRequired;
    }

    @Override
    public @Nullable Connection current(DataSource dataSource) {
        if (!TransactionSynchronizationManager.isActualTransactionActive()) {
            if (isRequired) {
                throw new IllegalStateException(
                        "no transaction is active, but reprise.queue.transactions=require: call"
                                + " this in a @Transactional method, or say transactions=join");
            }
            return null;
        }
        DataSource bound = boundFor(dataSource);
        if (bound == null) {
            throw notCovered();
        }
        Connection connection = DataSourceUtils.getConnection(bound);
        if (isAutoCommit(connection)) {
            DataSourceUtils.releaseConnection(connection, bound);
            throw notCovered();
        }
        if (TransactionSynchronizationManager.isCurrentTransactionReadOnly()) {
            DataSourceUtils.releaseConnection(connection, bound);
            throw new IllegalStateException(
                    "the active transaction is read-only: nothing can be enqueued or cancelled in"
                            + " it; remove readOnly=true");
        }
        return connection;
    }

    @Override
    public void release(Connection connection) {
        DataSourceUtils.releaseConnection(connection, boundFor(queue));
    }

    @Override
    public void afterCommit(Runnable action) {
        if (TransactionSynchronizationManager.isSynchronizationActive()) {
            TransactionSynchronizationManager.registerSynchronization(
                    new TransactionSynchronization() {
                        @Override
                        public void afterCommit() {
                            action.run();
                        }
                    });
        }
    }

    /** Returns the DataSource that has a connection on this thread and is the same one inside. */
    private static @Nullable DataSource boundFor(DataSource dataSource) {
        DataSource innermost = innermost(dataSource);
        return TransactionSynchronizationManager.getResourceMap().entrySet().stream()
                .filter(bound -> bound.getValue() instanceof ConnectionHolder)
                .filter(bound -> bound.getKey() instanceof DataSource)
                .map(bound -> (DataSource) bound.getKey())
                .filter(bound -> innermost(bound).equals(innermost))
                .findFirst()
                .orElse(null);
    }

    private static DataSource innermost(DataSource dataSource) {
        DataSource target =
                dataSource instanceof DelegatingDataSource proxy
                        ? proxy.getTargetDataSource()
                        : null;
        return target == null ? dataSource : innermost(target);
    }

    private static boolean isAutoCommit(Connection connection) {
        try {
            return connection.getAutoCommit();
        } catch (SQLException e) {
            return false; // The statement that follows fails, and says why.
        }
    }

    private static IllegalStateException notCovered() {
        return new IllegalStateException(
                "the active transaction does not cover the queue's database: give the queue that"
                        + " DataSource (reprise.queue.data-source), or say"
                        + " reprise.queue.transactions=separate");
    }
}
