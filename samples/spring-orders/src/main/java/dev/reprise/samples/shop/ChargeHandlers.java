package dev.reprise.samples.shop;

import dev.reprise.queue.model.CallContext;
import dev.reprise.queue.model.Target;
import dev.reprise.spring.DurableHandler;
import dev.reprise.spring.JsonTargets;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

// docs:begin spring-handler
@Configuration(proxyBeanMethods = false)
class ChargeHandlers {
    /** What callers enqueue to: requests and responses are JSON. */
    @Bean
    static Target<Charge, String> chargeTarget(JsonTargets json) {
        return json.of("charge", Charge.class, String.class);
    }

    @DurableHandler(value = "charge", lane = "payments")
    String charge(Charge charge, CallContext context) { // context.getCid() is the idempotency key
        return charge.price() + " charged for order " + charge.order();
    }
}
// docs:end
