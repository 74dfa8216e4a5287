package dev.reprise.samples.prices;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;

/** A server on loopback that is busy when a test or a story wants it to be. */
final class BusyServer implements AutoCloseable {
    private final Deque<Optional<String>> delays = new ConcurrentLinkedDeque<>();
    private final AtomicInteger requests = new AtomicInteger();
    private final HttpServer http;

    BusyServer() throws IOException {
        http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.createContext("/", this::respond);
        http.start();
    }

    URI uri() {
        InetSocketAddress address = http.getAddress();
        return URI.create(
                "http://" + address.getAddress().getHostAddress() + ":" + address.getPort() + "/");
    }

    /** Responds to the next requests with 503 and this {@code Retry-After}; null for none. */
    void busy(String... retryAfter) {
        Arrays.stream(retryAfter).map(Optional::ofNullable).forEach(delays::add);
    }

    int requests() {
        return requests.get();
    }

    private void respond(HttpExchange exchange) throws IOException {
        requests.incrementAndGet();
        exchange.getRequestBody().readAllBytes();
        Optional<String> delay = delays.poll();
        byte[] body = (delay == null ? "12 EUR" : "busy").getBytes(StandardCharsets.UTF_8);
        if (delay != null && delay.isPresent()) {
            exchange.getResponseHeaders().set("Retry-After", delay.get());
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
