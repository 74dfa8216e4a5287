package com.example;

import com.sun.net.httpserver.HttpServer;
import dev.reprise.RetryPolicy;
import dev.reprise.http.HttpRetry;
import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.queue.model.CallHandle;
import dev.reprise.queue.model.Target;
import java.io.BufferedReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A plain Java program: an HTTP call with Retry-After, and a durable call that survives kill -9. */
public final class App {
    private static final Target<String, String> CHARGE = Target.text("charge");

    private App() {}

    public static void main(String[] args) throws Exception {
        if (args.length > 0) {
            chargeIndefinitely(Path.of(args[0]));
            return;
        }
        Path file = Files.createTempDirectory(Path.of("target"), "queue").resolve("calls.db");
        System.out.println("happened: " + http() + " | " + durable(file));
        System.out.println("on: " + Stories.versions());
    }

    /** A server that is busy twice and asks for delays: as seconds, and as a date. */
    private static String http() throws Exception {
        List<Integer> statuses = new ArrayList<>();
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext(
                "/",
                exchange -> {
                    int number = statuses.size();
                    String[] delays = {"0", "Sun, 06 Nov 1994 08:49:37 GMT"};
                    statuses.add(number < delays.length ? 503 : 200);
                    if (number < delays.length) {
                        exchange.getResponseHeaders().set("Retry-After", delays[number]);
                    }
                    exchange.sendResponseHeaders(statuses.get(number), -1);
                    exchange.close();
                });
        server.start();
        try {
            HttpRetry orders = new HttpRetry(RetryPolicy.parse("exponential(10ms) maxAttempts(4)"));
            URI uri = URI.create("http://localhost:" + server.getAddress().getPort() + "/");
            HttpRequest order = HttpRequest.newBuilder(uri).POST(HttpRequest.BodyPublishers.ofString("42 EUR")).build();
            HttpResponse<Void> response = orders.sendBlocking(HttpClient.newHttpClient(), order, BodyHandlers.discarding());
            if (response.statusCode() != 200) {
                throw new IllegalStateException("" + response);
            }
        } finally {
            server.stop(0);
        }
        return statuses.toString().replaceAll("[\\[\\]]", "") + " with " + statuses.size() + " requests";
    }

    /** Starts a process that charges, kills it, and continues here. */
    private static String durable(Path file) throws Exception {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Process shop =
                new ProcessBuilder(java, "-cp", System.getProperty("java.class.path"), App.class.getName(), file.toString())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        try (BufferedReader said = shop.inputReader()) {
            if (!"charging".equals(said.readLine())) {
                throw new IllegalStateException("the other process does not run");
            }
            shop.destroyForcibly().waitFor(); // kill -9
        }
        CountDownLatch isFound = new CountDownLatch(1);
        try (QueueRunner queue =
                QueueRunner.open(file)
                        .handle(
                                CHARGE,
                                (call, order) -> {
                                    isFound.await();
                                    return order + " paid after " + call.getCall().getCrashes() + " crash";
                                })
                        .build()
                        .start()) {
            CallHandle<String> call = queue.enqueue(CHARGE, "42 EUR", c -> c.uniqueKey("order/42"));
            isFound.countDown();
            return call.resultAsync().get(60, TimeUnit.SECONDS) + (call.isNew() ? ", enqueued again" : "");
        }
    }

    /** Prints a line as soon as a call runs, which never ends. */
    private static void chargeIndefinitely(Path file) throws Exception {
        QueueRunner queue =
                QueueRunner.open(file)
                        .handle(
                                CHARGE,
                                (call, order) -> {
                                    System.out.println("charging");
                                    new CountDownLatch(1).await();
                                    return order;
                                })
                        .build()
                        .start();
        queue.enqueue(CHARGE, "42 EUR", c -> c.uniqueKey("order/42"));
        new CountDownLatch(1).await();
    }
}
