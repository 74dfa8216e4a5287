package dev.reprise.samples.trip;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Books and cancels on loopback: {@code PUT /hotel/Ada}, {@code DELETE /hotel/Ada}. The first
 * request for each thing meets a busy server, and what is sold out is never available. Booking is
 * idempotent.
 */
final class BookingServer implements AutoCloseable {
    private final List<String> soldOut;
    private final List<String> journal = new CopyOnWriteArrayList<>();
    private final Set<String> asked = ConcurrentHashMap.newKeySet();
    private final Set<String> booked = ConcurrentHashMap.newKeySet();
    private final HttpServer http;

    BookingServer(String... soldOut) throws IOException {
        this.soldOut = List.of(soldOut);
        http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.createContext("/", this::answer);
        http.start();
    }

    URI uri() {
        String host = http.getAddress().getAddress().getHostAddress();
        return URI.create("http://" + host + ":" + http.getAddress().getPort() + "/");
    }

    /** What was really booked and cancelled, in order. */
    List<String> journal() {
        return List.copyOf(journal);
    }

    private void answer(HttpExchange exchange) throws IOException {
        String[] path = exchange.getRequestURI().getPath().split("/");
        String what = path[1];
        String who = path[2];
        try (exchange) {
            if (asked.add(exchange.getRequestMethod() + " " + what + " for " + who)) {
                reply(exchange, 503, "busy");
            } else if (exchange.getRequestMethod().equals("DELETE")) {
                reply(exchange, 200, cancel(what, who));
            } else if (soldOut.contains(what)) {
                reply(exchange, 409, "no " + what + " left");
            } else {
                reply(exchange, 200, book(what, who));
            }
        }
    }

    private String book(String what, String who) {
        if (booked.add(what + "/" + who)) {
            journal.add("booked " + what);
        }
        return what + "/" + who;
    }

    private String cancel(String what, String who) {
        if (booked.remove(what + "/" + who)) {
            journal.add("cancelled " + what);
        }
        return "cancelled";
    }

    private static void reply(HttpExchange exchange, int status, String text) throws IOException {
        exchange.sendResponseHeaders(status, text.length());
        exchange.getResponseBody().write(text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        http.stop(0);
    }
}
