package dev.reprise.samples;

import static dev.reprise.samples.FlakyServer.Mood.BUSY;
import static dev.reprise.samples.FlakyServer.Mood.SILENT;
import static dev.reprise.samples.FlakyServer.Mood.SLOW;
import static dev.reprise.samples.FlakyServer.Mood.WELL;
import static java.util.Objects.requireNonNull;
import static java.util.concurrent.CompletableFuture.delayedExecutor;
import static java.util.concurrent.TimeUnit.MILLISECONDS;

import dev.reprise.interop.RetryRunner;
import dev.reprise.policy.StopReason;
import dev.reprise.run.RetryEvent;
import dev.reprise.run.RetryReport;
import dev.reprise.run.RetryStoppedException;
import dev.reprise.run.StopSignal;
import dev.reprise.samples.trip.TripStories;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;

/**
 * Seven stories over real sockets. Each checks its own outcome: an unexpected one ends the program
 * with an exception.
 */
public final class Main {
    private Main() {}

    public static void main(String[] args) throws Exception {
        say("A Java service, its server and its orders and trips");
        placeOrderAtFlakyServer();
        stopWhileWaiting();
        stopWhileAttempting();
        cancelFromOutside();
        TripStories.tell();
        say("\nAll seven ended as expected.\n");
    }

    private static void placeOrderAtFlakyServer() throws Exception {
        say("\n1. The server is down, then busy, then silent, then well");
        try (FlakyServer server = new FlakyServer(BUSY, SILENT, WELL)) {
            RetryRunner.Builder around =
                    narrated().listener(event -> comeUpAfter(2, event, server));
            OrderDesk desk = new OrderDesk(new OrderClient(server.uri()), around);
            String receipt = desk.place("one umbrella").join();
            say("  The receipt: " + receipt);
            check(receipt.equals("order 3 is in"), "the third request should have worked");
        }
    }

    private static void stopWhileWaiting() throws Exception {
        say("\n2. A shutdown arrives while the feed waits for its next attempt, a minute away");
        StopSignal shutdown = new StopSignal();
        try (FlakyServer server = new FlakyServer(WELL)) {
            RetryRunner.Builder around = narrated().stopWhen(shutdown);
            OrderFeed<Socket> feed = new OrderFeed<>(() -> connect(server.address()), around);
            delayedExecutor(300, MILLISECONDS).execute(() -> shutDown(shutdown));
            long start = System.nanoTime();
            try (Socket socket = feed.open()) {
                throw new IllegalStateException("connected although no server listens: " + socket);
            } catch (ConnectException e) {
                RetryReport report = requireNonNull(RetryReport.of(e));
                say("  The last failure reached the caller: " + e);
                say(
                        "  with the report: "
                                + report.getAttempts()
                                + " attempt, "
                                + report.getStopReason());
                check(report.getStopReason() == StopReason.STOPPED, "should have been stopped");
            }
            Duration taken = Duration.ofNanos(System.nanoTime() - start);
            check(taken.toSeconds() < 10, "should not have waited out the minute");
        }
    }

    private static void stopWhileAttempting() throws Exception {
        say("\n3. A shutdown arrives while an order is on its way: that one can finish,");
        say("   the next one does not start");
        StopSignal shutdown = new StopSignal();
        try (FlakyServer server = new FlakyServer(number -> shutDown(shutdown), SLOW)) {
            server.start();
            OrderClient client = new OrderClient(server.uri());
            OrderDesk desk = new OrderDesk(client, narrated().stopWhen(shutdown));
            say("  The receipt: " + desk.place("one raincoat").join());
            Throwable refusal = desk.place("two raincoats").handle((receipt, e) -> e).join();
            say("  The next order: " + refusal.getMessage());
            check(refusal instanceof RetryStoppedException, "should have been refused");
            check(server.requests() == 1, "should not have placed the second order");
        }
    }

    private static void cancelFromOutside() throws Exception {
        say("\n4. The customer hangs up while the server keeps silent");
        AtomicReference<CompletableFuture<String>> order = new AtomicReference<>();
        IntConsumer hangUpAtSecondRequest =
                number -> {
                    if (number == 2) {
                        say("  (the customer hangs up)");
                        order.get().cancel(true);
                    }
                };
        try (FlakyServer server = new FlakyServer(hangUpAtSecondRequest, SILENT)) {
            server.start();
            OrderDesk desk = new OrderDesk(new OrderClient(server.uri()), narrated());
            order.set(desk.place("one sunshade"));
            order.get().handle((receipt, e) -> e).join();
            check(order.get().isCancelled(), "should have been cancelled");
            Thread.sleep(1000);
            say("  A second later the server has seen " + server.requests() + " requests,");
            say("  and no more will come");
            check(server.requests() == 2, "should not have tried again");
        }
    }

    private static RetryRunner.Builder narrated() {
        return RetryRunner.builder().listener(new Narrator(Main::say));
    }

    private static Socket connect(InetSocketAddress address) throws IOException {
        return new Socket(address.getAddress(), address.getPort());
    }

    private static void comeUpAfter(int attempts, RetryEvent event, FlakyServer server) {
        if (event.getNumber() == attempts) {
            say("  (the server comes up)");
            try {
                server.start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static void shutDown(StopSignal shutdown) {
        say("  (shutdown)");
        shutdown.stop("version 2 is being deployed");
    }

    private static void check(boolean holds, String expectation) {
        if (!holds) {
            throw new IllegalStateException(expectation);
        }
    }

    private static void say(String line) {
        System.out.println(line);
    }
}
