package dev.reprise.samples.orders;

import dev.reprise.queue.model.CallHandle;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import jdk.jfr.Recording;

/**
 * Without arguments: the story, on a SQLite file; with a JDBC URL, or the property {@code
 * orders.url}: the same on that database. {@code serve url gateway name orders…} is one copy of the
 * shop; it takes the orders, works until its input ends, and shuts down.
 */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) throws Exception {
        List<String> words = Arrays.asList(arguments);
        if (!words.isEmpty() && words.get(0).equals("serve")) {
            URI gateway = URI.create(words.get(2));
            serve(words.get(1), gateway, words.get(3), words.subList(4, words.size()));
        } else {
            String url = words.isEmpty() ? System.getProperty("orders.url", "") : words.get(0);
            new Story(url.isEmpty() ? sqlite() : url, System.out::println).tell();
        }
    }

    private static String sqlite() throws IOException {
        Path file = Files.createTempFile("shop", ".db");
        file.toFile().deleteOnExit();
        return "jdbc:sqlite:" + file;
    }

    private static void serve(String url, URI gateway, String name, List<String> orders)
            throws Exception {
        Consumer<String> say = line -> System.out.println("[" + name + "] " + line);
        Payments payments = new GatewayPayments(gateway);
        Recording recording = new Recording(); // of the events of FlightRecording, see Shop
        recording.start();
        try (Shop shop = new Shop(Orders.database(url), payments, name, say)) {
            for (String order : orders) {
                String[] parts = order.split("=");
                CallHandle<String> call = shop.place(parts[0], parts[1]);
                say.accept("took order " + parts[0] + ", " + parts[1] + ": call " + call.getCid());
            }
            shop.queue().start();
            System.in.readAllBytes();
        }
        say.accept("shuts down and leaves " + dump(recording, name));
    }

    /** For {@code jfr print --events 'dev.reprise.*'}. */
    private static Path dump(Recording recording, String name) throws IOException {
        Path target = Path.of("target");
        Path file =
                (Files.isDirectory(target) ? target : Path.of(""))
                        .resolve(name.replace(' ', '-') + ".jfr");
        recording.dump(file);
        recording.close();
        return file;
    }
}
