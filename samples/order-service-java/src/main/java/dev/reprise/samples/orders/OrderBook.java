package dev.reprise.samples.orders;

import java.sql.SQLException;

/** Records what was paid. */
@FunctionalInterface
interface OrderBook {
    void paid(String order, String receipt) throws SQLException;
}
