package dev.reprise.samples.prices;

import dev.reprise.interop.RetryRunner;
import dev.reprise.run.RetryEvent;
import java.io.PrintStream;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;

/** Prices from a server that is busy, and an order that must not be made twice. */
public final class Main {
    public static void main(String[] args) throws Exception {
        tell(RetryRunner.builder(), System.out);
    }

    /** Tells the story; {@code settings} says what time it is. */
    static void tell(RetryRunner.Builder settings, PrintStream out) throws Exception {
        RetryRunner patient =
                settings.exponential(Duration.ofMillis(100), 2, Duration.ofSeconds(2))
                        .maxAttempts(4)
                        .maxRetryAfter(Duration.ofMinutes(1))
                        .beforeRetry(failed -> out.println("  " + described(failed)))
                        .build();
        try (BusyServer server = new BusyServer()) {
            PriceClient client = new PriceClient(patient, server.uri());
            out.println("A price; the server asks for 2 s, then for a date that is 3 s away:");
            server.busy("2", inSeconds(3));
            out.println("  " + client.price("umbrella"));

            out.println("An order without a key is sent once:");
            server.busy("");
            out.println("  " + client.order("one umbrella", null));

            out.println("An order with an idempotency key is sent until it arrives:");
            server.busy("");
            out.println("  " + client.order("one umbrella", "order-42"));
            out.println("The server has received " + server.requests() + " requests.");
        }
    }

    private static String inSeconds(int seconds) {
        ZonedDateTime then = ZonedDateTime.now(ZoneOffset.UTC).plusSeconds(seconds);
        return DateTimeFormatter.RFC_1123_DATE_TIME.format(then);
    }

    private static String described(RetryEvent.AttemptFailed failed) {
        int status = ((HttpResponse<?>) failed.getResult()).statusCode();
        // Without Retry-After the delay is a random one below 100 ms.
        boolean isAsked = failed.getNextDelay().toSeconds() >= 2;
        return status + ", again in " + (isAsked ? "2 s or more" : "less than a second");
    }
}
