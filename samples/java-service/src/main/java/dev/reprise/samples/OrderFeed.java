package dev.reprise.samples;

import dev.reprise.interop.RetriesBuilder;
import dev.reprise.interop.RetryRunner;
import java.net.ConnectException;
import java.time.Duration;
import java.util.concurrent.Callable;

/** Keeps trying to connect, once a minute, until it is stopped. */
final class OrderFeed<C> {
    private final Callable<C> connect;
    private final RetryRunner reconnect;

    /** The stop signal, which is the only end of it, is told by {@code around}. */
    OrderFeed(Callable<C> connect, RetriesBuilder around) {
        this.connect = connect;
        this.reconnect = around.every(Duration.ofSeconds(60)).on(ConnectException.class).build();
    }

    C open() throws Exception {
        return reconnect.call(connect);
    }
}
