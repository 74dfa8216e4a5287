package dev.reprise.samples.clients;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A server on loopback that returns its statuses in order, and the last one from then on. */
final class BusyPrices implements AutoCloseable {
    /** The header {@code X-Attempt} of each request so far. */
    final List<String> attempts = new CopyOnWriteArrayList<>();

    private final HttpServer http;

    BusyPrices(int... statuses) throws IOException {
        http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.createContext(
                "/",
                exchange -> {
                    attempts.add("" + exchange.getRequestHeaders().getFirst("X-Attempt"));
                    int status = statuses[Math.min(attempts.size(), statuses.length) - 1];
                    if (status == 503) {
                        exchange.getResponseHeaders().set("Retry-After", "3");
                    }
                    byte[] body = "12 EUR".getBytes(StandardCharsets.UTF_8);
                    exchange.sendResponseHeaders(status, body.length);
                    exchange.getResponseBody().write(body);
                    exchange.close();
                });
        http.start();
    }

    String url() {
        return "http://localhost:" + http.getAddress().getPort();
    }

    @Override
    public void close() {
        http.stop(0);
    }
}
