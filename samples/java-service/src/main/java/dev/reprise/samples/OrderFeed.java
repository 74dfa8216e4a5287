package dev.reprise.samples;

import dev.reprise.interop.RetryRunner;
import java.net.ConnectException;
import java.time.Duration;
import java.util.concurrent.Callable;

/** Keeps trying to connect, once a minute, until it is stopped. */
final class OrderFeed<C> {
    private final Callable<C> connect;
    private final RetryRunner reconnect;

    /** The builder {@code around} provides the stop signal, the only limit of this retry. */
    OrderFeed(Callable<C> connect, RetryRunner.Builder around) {
        this.connect = connect;
        this.reconnect = around.every(Duration.ofSeconds(60)).on(ConnectException.class).build();
    }

    C open() throws Exception {
        return reconnect.call(connect::call);
    }
}
