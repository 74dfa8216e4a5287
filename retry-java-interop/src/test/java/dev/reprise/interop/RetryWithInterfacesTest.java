package dev.reprise.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.run.StopSignal;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Annotations on a whole interface. */
class RetryWithInterfacesTest {
    private final VirtualTime time = new VirtualTime();
    private final AtomicInteger calls = new AtomicInteger();

    @RetryWith(every = "60s", on = ConnectException.class)
    interface Line {
        void connect() throws IOException;

        @RetryWith(maxAttempts = 1)
        void once() throws IOException;
    }

    interface LongLine extends Line {
        void inherited() throws IOException;
    }

    private final class Endless implements LongLine {
        @Override
        public void connect() throws IOException {
            calls.incrementAndGet();
            throw new ConnectException();
        }

        @Override
        public void once() throws IOException {
            connect();
        }

        @Override
        public void inherited() throws IOException {
            connect();
        }
    }

    @Test
    void aWholeInterfaceIsAnnotatedAndAStopEndsItsRetries() {
        StopSignal stop = new StopSignal();
        Line line =
                RetryProxy.of(
                        Line.class,
                        new Endless(),
                        (m, b) -> b.stopWhen(stop).testing(t -> t.time(time)));
        time.after(Duration.ofHours(3), stop::stop);
        assertThrows(ConnectException.class, line::connect);
        assertEquals(180, calls.get());
        assertThrows(ConnectException.class, () -> wrapStopped(new StopSignal()).once());
        assertEquals(181, calls.get());
    }

    private Line wrapStopped(StopSignal stop) {
        return RetryProxy.of(Line.class, new Endless(), (m, b) -> b.stopWhen(stop));
    }

    @Test
    void inheritedMethodsKeepTheAnnotationOfTheirInterface() {
        StopSignal stop = new StopSignal();
        LongLine line =
                RetryProxy.of(
                        LongLine.class,
                        new Endless(),
                        (m, b) -> b.stopWhen(stop).testing(t -> t.time(time)));
        assertThrows(ConnectException.class, line::inherited);
        assertEquals(1, calls.get());
        time.after(Duration.ofSeconds(90), stop::stop);
        assertThrows(ConnectException.class, line::connect);
        assertEquals(1 + 2, calls.get());
    }
}
