package dev.reprise.samples.tour;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.reprise.interop.RetryRunner;
import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.run.StopSignal;
import java.net.ConnectException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class TestingTest {
    private final FarEnd server = new FarEnd(999);

    // docs:begin testing
    @Test
    void threeHoursOfRetriesInMilliseconds() {
        VirtualTime time = new VirtualTime();
        StopSignal shutdown = new StopSignal();
        time.after(Duration.ofHours(3), shutdown::stop);
        RetryRunner reconnect =
                RetryRunner.builder()
                        .every(Duration.ofSeconds(60))
                        .stopWhen(shutdown)
                        .testing(t -> t.time(time))
                        .build();
        assertThrows(ConnectException.class, () -> reconnect.call(() -> server.call()));
        assertEquals(Duration.ofHours(3), time.elapsed());
    }
    // docs:end
}
