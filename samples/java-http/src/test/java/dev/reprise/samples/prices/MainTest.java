package dev.reprise.samples.prices;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.interop.RetryRunner;
import dev.reprise.interop.testing.VirtualTime;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The whole program; its delays are virtual. */
final class MainTest {
    @Test
    void theServerDecidesHowLongToWait() throws Exception {
        VirtualTime time = new VirtualTime();
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        RetryRunner.Builder settings = RetryRunner.builder().testing(t -> t.time(time).random(7));
        Main.tell(settings, new PrintStream(said, true, StandardCharsets.UTF_8));

        assertEquals(
                """
                A price; the server asks for 2 s, then for a date that is 3 s away:
                  503, again in 2 s or more
                  503, again in 2 s or more
                  200 12 EUR
                An order without a key is sent once:
                  503 busy
                An order with an idempotency key is sent until it arrives:
                  503, again in less than a second
                  200 12 EUR
                The server has received 6 requests.
                """,
                said.toString(StandardCharsets.UTF_8));
        assertTrue(time.elapsed().toSeconds() >= 4, () -> "" + time.elapsed());
    }
}
