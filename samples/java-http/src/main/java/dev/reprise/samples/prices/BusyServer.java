package dev.reprise.samples.prices;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;

/** A server on loopback that is busy when a test or a story wants it to be. */
final class BusyServer implements AutoCloseable {
    private final Deque<String> delays = new ConcurrentLinkedDeque<>();
    private final AtomicInteger requests = new AtomicInteger();
    private final HttpServer http;

    BusyServer() throws IOException {
        http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.createContext("/", this::respond);
        http.start();
    }

    URI uri() {
        return URI.create("http://localhost:" + http.getAddress().getPort() + "/");
    }

    /** Responds to the next requests with 503 and this {@code Retry-After}; "" for none. */
    void busy(String... retryAfter) {
        delays.addAll(List.of(retryAfter));
    }

    int requests() {
        return requests.get();
    }

    private void respond(HttpExchange exchange) throws IOException {
        requests.incrementAndGet();
        exchange.getRequestBody().readAllBytes();
        String delay = delays.poll();
        byte[] body = (delay == null ? "12 EUR" : "busy").getBytes(StandardCharsets.UTF_8);
        if (delay != null && !delay.isEmpty()) {
            exchange.getResponseHeaders().set("Retry-After", delay);
        }
        exchange.sendResponseHeaders(delay == null ? 200 : 503, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    @Override
    public void close() {
        http.stop(0);
    }
}
