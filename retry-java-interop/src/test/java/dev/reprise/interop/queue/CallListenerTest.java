package dev.reprise.interop.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.queue.event.CallEvent;
import dev.reprise.queue.model.Target;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CallListenerTest {
    @Test
    void aListenerIsNotifiedOfWhatHappensToACall() throws Exception {
        Target<String, String> charge = Target.text("charge");
        List<String> told = new ArrayList<>();
        VirtualTime time = new VirtualTime();
        try (QueueRunner queue =
                QueueRunner.inMemory(time)
                        .handle(charge, (context, order) -> order + " paid")
                        .listener(
                                event -> {
                                    if (event instanceof CallEvent.Settled settled) {
                                        told.add(settled.getTo() + " " + settled.getAge());
                                    }
                                })
                        .build()
                        .start()) {
            time.await(queue.enqueue(charge, "42").resultAsync());
        }
        assertEquals(List.of("SUCCEEDED " + Duration.ZERO), told);
    }
}
