package dev.reprise.samples;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/**
 * An order server on loopback, down until {@link #start}. Each request meets the next of its moods;
 * the last one stays.
 */
final class FlakyServer implements AutoCloseable {
    /** How the server treats one request. */
    enum Mood {
        BUSY,
        SILENT,
        SLOW,
        WELL
    }

    private final List<Mood> moods;
    private final IntConsumer onRequest;
    private final InetSocketAddress address;
    private final AtomicInteger requests = new AtomicInteger();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final ExecutorService threads = Executors.newCachedThreadPool(FlakyServer::daemon);
    private volatile HttpServer http;

    FlakyServer(Mood... moods) throws IOException {
        this(number -> {}, moods);
    }

    /** {@code onRequest} receives the number of each request as it comes in. */
    FlakyServer(IntConsumer onRequest, Mood... moods) throws IOException {
        this.moods = List.of(moods);
        this.onRequest = onRequest;
        this.address = freeAddress();
    }

    void start() throws IOException {
        HttpServer server = HttpServer.create(address, 0);
        server.setExecutor(threads);
        server.createContext("/orders", this::answer);
        server.start();
        http = server;
    }

    InetSocketAddress address() {
        return address;
    }

    URI uri() {
        String host = address.getAddress().getHostAddress();
        return URI.create("http://" + host + ":" + address.getPort() + "/orders");
    }

    int requests() {
        return requests.get();
    }

    private void answer(HttpExchange exchange) throws IOException {
        int number = requests.incrementAndGet();
        onRequest.accept(number);
        try (exchange) {
            switch (moods.get(Math.min(number, moods.size()) - 1)) {
                case BUSY -> {
                    exchange.getResponseHeaders().add("Retry-After", "1");
                    reply(exchange, 503, "come back later");
                }
                case SILENT -> closed.await();
                case SLOW -> {
                    Thread.sleep(250);
                    reply(exchange, 200, "order " + number + " is in");
                }
                case WELL -> reply(exchange, 200, "order " + number + " is in");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void reply(HttpExchange exchange, int status, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    @Override
    public void close() {
        closed.countDown();
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
