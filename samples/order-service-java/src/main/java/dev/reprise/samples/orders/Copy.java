package dev.reprise.samples.orders;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A copy of the shop in a separate process. */
final class Copy implements AutoCloseable {
    private final Process process;
    private final Consumer<String> say;
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final Thread reader = new Thread(this::read);

    /** {@code say} receives its output. */
    Copy(String name, String url, Gateway gateway, List<String> orders, Consumer<String> say)
            throws IOException {
        this.say = say;
        List<String> command = new ArrayList<>();
        command.add(new File(System.getProperty("java.home"), "bin/java").getPath());
        // One line for each failed attempt.
        command.add("-Djava.util.logging.SimpleFormatter.format=%4$s %5$s%n");
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(Main.class.getName(), "serve", url, gateway.uri().toString(), name));
        command.addAll(orders);
        process = new ProcessBuilder(command).redirectErrorStream(true).start();
        reader.setDaemon(true);
        reader.start();
    }

    private void read() {
        try (BufferedReader output = process.inputReader()) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                lines.add(line);
                say.accept(line);
            }
        } catch (IOException e) {
            say.accept("(" + e.getMessage() + ")");
        }
    }

    /** How many lines it has printed that contain {@code text}. */
    long count(String text) {
        return lines.stream().filter(line -> line.contains(text)).count();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Kills it with SIGKILL. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
        reader.join();
    }

    /** Lets it shut down, and waits until it has. */
    @Override
    public void close() throws IOException {
        try {
            process.outputWriter().close();
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
            reader.join();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
