package dev.reprise.spring.starter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.when;

import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.queue.model.Call;
import dev.reprise.queue.model.CallState;
import dev.reprise.queue.model.Target;
import dev.reprise.spring.JsonTargets;
import dev.reprise.spring.test.RepriseTest;
import dev.reprise.spring.test.RepriseTester;

import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.context.bean.override.mockito.MockitoBean;

import java.io.IOException;
import java.time.Duration;

@RepriseTest(handlers = ChargeHandlers.class)
class RepriseTestTest {
    @Autowired QueueRunner queue;
    @Autowired RepriseTester reprise;
    @Autowired JsonTargets json;
    @MockitoBean ChargeHandlers.Gateway gateway;

    @Test
    void anHourOfRetriesPassesInMilliseconds() {
        when(gateway.charge(any())).thenReturn("receipt");
        Target<String, String> charge = json.of("charge", String.class, String.class);
        reprise.failNext("charge", new IOException("down"));
        reprise.failNext("charge", new IOException("still down"));
        queue.enqueue(charge, "7", c -> c.policy("every(30m) maxAttempts(3)"));
        reprise.runDue();
        assertThat(reprise.calls("charge")).extracting(Call::getAttempts).containsExactly(1);
        reprise.advanceBy(Duration.ofHours(1));
        Call call = reprise.calls("charge").get(0);
        assertThat(call.getAttempts()).isEqualTo(3);
        assertThat(call.getState()).isEqualTo(CallState.SUCCEEDED);
        assertThat(queue.errors(call.getCid()))
                .extracting(error -> error.getMessage())
                .containsExactly("down", "still down");
    }
}
