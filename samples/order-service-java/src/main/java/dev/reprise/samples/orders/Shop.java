package dev.reprise.samples.orders;

import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.jfr.FlightRecording;
import dev.reprise.queue.model.CallHandle;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.Consumer;
import javax.sql.DataSource;

/** A shop that takes orders whether or not the gateway can be reached. */
final class Shop implements AutoCloseable {
    private final Orders orders;
    private final QueueRunner queue;

    Shop(DataSource database, Payments payments, String name, Consumer<String> say)
            throws SQLException {
        orders = new Orders(database);
        orders.open();
        queue =
                new Charging(payments, orders, say)
                        .on(QueueRunner.jdbc(database).migrate())
                        .workerName(name)
                        .listener(new FlightRecording())
                        .grace(Duration.ofSeconds(5))
                        .build();
    }

    QueueRunner queue() {
        return queue;
    }

    /** The order and its charge are stored together, or neither is. */
    CallHandle<String> place(String order, String goods) throws SQLException {
        // docs:begin durable-transaction
        return orders.transaction(
                connection -> {
                    orders.add(connection, order, goods);
                    return queue.enqueue(
                            connection,
                            Charging.CHARGE,
                            order,
                            c -> c.uniqueKey("order/" + order).callback("charged").context(order));
                });
        // docs:end
    }

    /** Lets running charges end, and releases the others. */
    @Override
    public void close() {
        queue.close();
    }
}
