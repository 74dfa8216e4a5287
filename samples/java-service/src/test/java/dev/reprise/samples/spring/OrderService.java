package dev.reprise.samples.spring;

import dev.reprise.interop.queue.QueueRunner;
import java.sql.Connection;
import javax.sql.DataSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.transaction.annotation.Transactional;

// docs:begin spring-transaction
class OrderService {
    private final DataSource dataSource;
    private final QueueRunner queue;

    OrderService(DataSource dataSource, QueueRunner queue) {
        this.dataSource = dataSource;
        this.queue = queue;
    }

    @Transactional // the order and its charge are committed together, or neither is
    public void place(String order) {
        new JdbcTemplate(dataSource).update("INSERT INTO orders VALUES (?)", order);
        Connection connection = DataSourceUtils.getConnection(dataSource); // the transaction's
        try {
            queue.enqueue(connection, OrderConfiguration.CHARGE, order);
        } finally {
            DataSourceUtils.releaseConnection(connection, dataSource);
        }
        if (order.isBlank()) {
            throw new IllegalArgumentException("an order without goods");
        }
    }
}
// docs:end
