package dev.reprise.samples.shop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.queue.model.Call;
import dev.reprise.queue.model.CallState;
import dev.reprise.queue.model.Target;
import dev.reprise.spring.test.RepriseTest;
import dev.reprise.spring.test.RepriseTester;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

// docs:begin spring-test
@RepriseTest(handlers = ChargeHandlers.class)
class ChargeHandlersTest {
    @Autowired QueueRunner queue;
    @Autowired RepriseTester reprise;
    @Autowired Target<Charge, String> charge;

    @Test
    void aChargeIsTriedAgainAfterAMinute() {
        reprise.failNext("charge", new IOException("the bank is closed"));
        queue.enqueue(charge, new Charge("1", "42 EUR"));
        reprise.advanceBy(Duration.ofMinutes(1)); // takes milliseconds
        Call call = reprise.calls("charge").get(0);
        assertThat(call.getState()).isEqualTo(CallState.SUCCEEDED);
        assertThat(call.getAttempts()).isEqualTo(2);
    }
}
// docs:end
