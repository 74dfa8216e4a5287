package dev.reprise.samples.orders;

import dev.reprise.console.Console;
import dev.reprise.console.ConsoleServer;
import dev.reprise.console.model.Stage;
import dev.reprise.queue.JdbcCallStore;
import dev.reprise.queue.model.CallCount;
import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The story of five orders, a gateway that is down and a shop that is killed. It checks its own
 * outcome: an unexpected one ends it with an exception.
 */
final class Story {
    /** Something to wait for. */
    @FunctionalInterface
    private interface Condition {
        boolean holds() throws SQLException;
    }

    private final String url;
    private final Consumer<String> tell;
    private final Orders orders;

    /** Prefix of the ids of this story's orders; the output omits it. */
    private final String run = "run-" + System.currentTimeMillis();

    private final AtomicBoolean isPlugged = new AtomicBoolean(true);
    private final Gateway gateway;
    private volatile Copy first;

    Story(String url, Consumer<String> tell) throws IOException {
        this.url = url;
        this.tell = tell;
        this.orders = new Orders(Orders.database(url));
        this.gateway = new Gateway(this::pullThePlug);
    }

    void tell() throws Exception {
        say("An order service in Java, its payment gateway, and a database that forgets nothing:");
        say(url.split("\\?")[0]);
        try (JdbcCallStore store = new JdbcCallStore(Orders.database(url));
                ConsoleServer console = console(store);
                gateway) {
            say("  Look at it while the story runs: " + console.start());
            takeOrdersWithoutGateway();
            crash();
            recover();
        }
        say("\nAll orders are paid, each of them once.\n");
    }

    /** On loopback, at any free port, for the browser that opens its address first. */
    private static ConsoleServer console(JdbcCallStore store) {
        // docs:begin console-local
        Console console =
                Console.of(
                        store,
                        c -> {
                            c.setTitle("orders");
                            c.setStage(Stage.TEST);
                        });
        return new ConsoleServer(console, 0);
        // docs:end
    }

    private void takeOrdersWithoutGateway() throws Exception {
        say("\n1. The gateway is down. The shop takes three orders nevertheless, each with its");
        say("   charge in one transaction");
        first = copy(1, "1=one umbrella", "2=two raincoats", "3=three sunshades");
        await("failed attempts", () -> first.count("unreachable") >= 3 || !first.isAlive());
    }

    private void crash() throws Exception {
        say("\n2. The gateway comes up");
        gateway.start();
        await("the crash", () -> !first.isAlive());
        say("  No process is left. What remains is in the database:");
        tellState();
    }

    private void pullThePlug(String order) {
        if (!isPlugged.compareAndSet(true, false)) {
            return;
        }
        say("  (the gateway takes the money for order " + order + ",");
        say("   and copy 1 is killed before it receives the response)");
        try {
            first.kill();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void recover() throws Exception {
        say("\n3. Two new copies start; each takes a new order. They take over the");
        say("   calls of copy 1: on SQLite immediately, on PostgreSQL when its lease");
        say("   expires, 20 seconds after its last renewal");
        try (Copy second = copy(2, "4=four pairs of boots");
                Copy third = copy(3, "5=five hats")) {
            await("five receipts", () -> paid() == 5);
            await("five paid orders", () -> paidBy(first, second, third) >= 5);
            say("\n4. The copies shut down");
        }
        tellState();
        int charges = gateway.charges();
        String asked = "  The gateway was called %d times and has charged %d times.";
        say(asked.formatted(gateway.requests(), charges));
        if (charges != 5) {
            throw new IllegalStateException("there should have been five charges, not " + charges);
        }
    }

    private long paid() throws SQLException {
        return orders.receipts(run).values().stream().filter(Objects::nonNull).count();
    }

    private static long paidBy(Copy... copies) {
        return Stream.of(copies).mapToLong(copy -> copy.count(": paid")).sum();
    }

    private void tellState() throws SQLException {
        orders.receipts(run)
                .forEach((order, receipt) -> say("  order " + order + ": " + told(receipt)));
        // A shop whose queue is not started can be queried, and runs no calls.
        try (Shop shop = shop()) {
            for (CallCount count : shop.queue().counts()) {
                String what = count.getHandler() + " " + count.getState();
                say("  the queue: " + count.getCalls() + " x " + what);
            }
        }
    }

    private static String told(String receipt) {
        return receipt == null ? "not paid yet" : receipt;
    }

    private Shop shop() throws SQLException {
        Payments payments = new GatewayPayments(gateway.uri());
        return new Shop(Orders.database(url), payments, "the narrator", this::say);
    }

    private void say(String line) {
        tell.accept(line.replace(run + "-", ""));
    }

    private Copy copy(int number, String... orders) throws IOException {
        List<String> all = Stream.of(orders).map(order -> run + "-" + order).toList();
        return new Copy("copy " + number, url, gateway, all, line -> say("  " + line));
    }

    private static void await(String what, Condition condition) throws Exception {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        while (!condition.holds()) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("waited two minutes for " + what);
            }
            Thread.sleep(100);
        }
    }
}
