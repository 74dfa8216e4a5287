package dev.reprise.samples.orders;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * A payment gateway on loopback, down until {@link #start}. However often it is called with one
 * idempotency key, it charges once.
 */
final class Gateway implements AutoCloseable {
    private final Consumer<String> onCharge;
    private final InetSocketAddress address = freeAddress();
    private final AtomicInteger requests = new AtomicInteger();
    private final Map<String, String> receipts = new ConcurrentHashMap<>();
    private final ExecutorService threads = Executors.newCachedThreadPool(Gateway::daemon);
    private volatile HttpServer http;

    /** {@code onCharge} receives each charge before its caller gets the response. */
    Gateway(Consumer<String> onCharge) throws IOException {
        this.onCharge = onCharge;
    }

    void start() throws IOException {
        HttpServer server = HttpServer.create(address, 0);
        server.setExecutor(threads);
        server.createContext("/charges", this::answer);
        server.start();
        http = server;
    }

    URI uri() {
        String host = address.getAddress().getHostAddress();
        return URI.create("http://" + host + ":" + address.getPort() + "/charges");
    }

    int requests() {
        return requests.get();
    }

    int charges() {
        return receipts.size();
    }

    private void answer(HttpExchange exchange) throws IOException {
        requests.incrementAndGet();
        try (exchange) {
            String order =
                    new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            String key = exchange.getRequestHeaders().getFirst("Idempotency-Key");
            if (charge(key)) {
                onCharge.accept(order);
            }
            String receipt = receipts.get(key);
            byte[] answer = receipt.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
        }
    }

    /** True if this key is new. */
    private boolean charge(String key) {
        synchronized (receipts) {
            return receipts.putIfAbsent(key, "receipt " + (receipts.size() + 1)) == null;
        }
    }

    @Override
    public void close() {
        if (http != null) {
            http.stop(0);
        }
        threads.shutdownNow();
    }

    /** A free address: connecting to it is refused because no server listens. */
    private static InetSocketAddress freeAddress() throws IOException {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        try (ServerSocket socket = new ServerSocket(0, 1, loopback)) {
            return new InetSocketAddress(loopback, socket.getLocalPort());
        }
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task);
        thread.setDaemon(true);
        return thread;
    }
}
