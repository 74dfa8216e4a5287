package dev.reprise.spring.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reprise.interop.queue.QueueRunner;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The process is stopped while requests are running. */
class SigtermTest {
    @TempDir Path folder;

    @Test
    @Timeout(60)
    void noRequestLosesItsCallAndTheProcessEndsWithinThePhase() throws Exception {
        Process process = start();
        try (BufferedReader output = process.inputReader()) {
            URI slow = URI.create("http://localhost:" + port(output) + "/slow");
            HttpClient client = HttpClient.newHttpClient();
            List<CompletableFuture<HttpResponse<String>>> requests = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                requests.add(
                        client.sendAsync(
                                HttpRequest.newBuilder(slow).build(),
                                HttpResponse.BodyHandlers.ofString()));
            }
            awaitLines(output, "in request", 20);
            long before = System.nanoTime();
            process.destroy(); // SIGTERM
            CompletableFuture.runAsync(() -> drain(output));
            List<String> cids = new ArrayList<>();
            for (CompletableFuture<HttpResponse<String>> request : requests) {
                HttpResponse<String> response = request.get(30, TimeUnit.SECONDS);
                assertThat(response.statusCode()).isEqualTo(200);
                cids.add(response.body());
            }
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(Duration.ofNanos(System.nanoTime() - before))
                    .isLessThan(SlowApplication.PHASE);
            try (QueueRunner queue = QueueRunner.open(folder.resolve("calls.db")).build()) {
                assertThat(cids)
                        .hasSize(20)
                        .allSatisfy(cid -> assertThat(queue.find(cid)).isNotNull());
            }
        } finally {
            process.destroyForcibly();
        }
    }

    private Process start() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        SlowApplication.class.getName(),
                        folder.resolve("calls.db").toString())
                .redirectErrorStream(true)
                .start();
    }

    private static String port(BufferedReader output) throws IOException {
        return awaitLines(output, "port ", 1).substring("port ".length());
    }

    private static String awaitLines(BufferedReader output, String start, int count)
            throws IOException {
        StringBuilder log = new StringBuilder();
        int found = 0;
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            log.append(line).append('\n');
            if (line.startsWith(start) && ++found == count) {
                return line;
            }
        }
        throw new AssertionError("the process has ended:\n" + log);
    }

    private static void drain(BufferedReader output) {
        try {
            while (output.readLine() != null) {
                // so that the process never waits for its output
            }
        } catch (IOException e) {
            // the process has ended
        }
    }
}
