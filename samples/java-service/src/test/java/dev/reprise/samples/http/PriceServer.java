package dev.reprise.samples.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A server on loopback that returns its statuses in order, and the last one from then on. */
final class PriceServer implements AutoCloseable {
    /** The {@code Idempotency-Key} of each request so far; "none" for a request without one. */
    final List<String> keys = new CopyOnWriteArrayList<>();

    private final int[] statuses;
    private final HttpServer http;

    PriceServer(int... statuses) throws IOException {
        this.statuses = statuses;
        http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.createContext("/", this::answer);
        http.start();
    }

    String url() {
        InetSocketAddress address = http.getAddress();
        return "http://" + address.getAddress().getHostAddress() + ":" + address.getPort();
    }

    private void answer(HttpExchange exchange) throws IOException {
        String key = exchange.getRequestHeaders().getFirst("Idempotency-Key");
        keys.add(key == null ? "none" : key);
        int status = statuses[Math.min(keys.size(), statuses.length) - 1];
        if (status == 503) {
            exchange.getResponseHeaders().add("Retry-After", "0");
        }
        byte[] body = "12 EUR".getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    @Override
    public void close() {
        http.stop(0);
    }
}
