package com.example;

import com.sun.net.httpserver.HttpServer;
import dev.reprise.Retry;
import dev.reprise.http.HttpRetry;
import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.queue.model.CallContext;
import dev.reprise.queue.model.CallHandle;
import dev.reprise.queue.model.Target;
import dev.reprise.spring.DurableHandler;
import dev.reprise.spring.JsonTargets;
import java.io.BufferedReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

/** An HTTP call with Retry-After, a method that is retried, and a durable call that survives kill -9. */
@Component
public class Shop {
    private final HttpRetry http;
    private final PriceClient prices;
    private final QueueRunner queue;
    private final Target<Order, String> charge;
    private final boolean isKilled;
    private final CountDownLatch isFound = new CountDownLatch(1);

    Shop(
            @Qualifier("prices") Retry retry,
            PriceClient prices,
            QueueRunner queue,
            JsonTargets json,
            @Value("${killed:false}") boolean isKilled) {
        this.http = new HttpRetry(retry);
        this.prices = prices;
        this.queue = queue;
        this.charge = json.of("charge", Order.class, String.class);
        this.isKilled = isKilled;
    }

    /** What is charged. */
    public record Order(String id, int euros) {}

    @DurableHandler("charge")
    String charge(Order order, CallContext context) throws InterruptedException {
        if (isKilled) {
            System.out.println("charging");
        } else {
            isFound.await();
        }
        if (isKilled) {
            new CountDownLatch(1).await();
        }
        return order.euros() + " EUR paid after " + context.getCall().getCrashes() + " crash";
    }

    private CallHandle<String> order() {
        return queue.enqueue(charge, new Order("7", 42), c -> c.uniqueKey("order/7"));
    }

    /** Starts this application as another process, and kills it in the middle of a call. */
    static void killAnother(Class<?> application) throws Exception {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Process other =
                new ProcessBuilder(java, "-cp", System.getProperty("java.class.path"), application.getName(), "--killed=true")
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        try (BufferedReader said = other.inputReader()) {
            String line = said.readLine();
            while (line != null && !line.equals("charging")) {
                line = said.readLine();
            }
            if (line == null) {
                throw new IllegalStateException("the other process does not run");
            }
            other.destroyForcibly().waitFor(); // kill -9
        }
    }

    /** Tells what happened; in the process that is killed, it never returns. */
    String tell() throws Exception {
        CallHandle<String> call = order();
        if (isKilled) {
            new CountDownLatch(1).await();
        }
        isFound.countDown();
        String paid = call.resultAsync().get(60, TimeUnit.SECONDS);
        return http() + " | " + prices.price() + " | " + paid + (call.isNew() ? ", a new call" : "");
    }

    /** A server that is busy twice and asks for delays: as seconds, and as a date. */
    private String http() throws Exception {
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
            URI uri = URI.create("http://localhost:" + server.getAddress().getPort() + "/");
            HttpRequest price = HttpRequest.newBuilder(uri).build();
            http.sendBlocking(HttpClient.newHttpClient(), price, BodyHandlers.discarding());
        } finally {
            server.stop(0);
        }
        return statuses.toString().replaceAll("[\\[\\]]", "");
    }
}
