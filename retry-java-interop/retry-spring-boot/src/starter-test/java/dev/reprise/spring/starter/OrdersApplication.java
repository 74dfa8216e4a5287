package dev.reprise.spring.starter;

import dev.reprise.queue.model.Target;
import dev.reprise.spring.DurableHandler;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** An application with JPA, a web server and the actuator. */
@EnableAutoConfiguration
@Configuration(proxyBeanMethods = false)
@Import({Orders.class, OrdersApplication.Charges.class, OpenSecurity.class})
class OrdersApplication {
    @Bean
    Target<String, String> chargeTarget() {
        return Orders.CHARGE;
    }

    static class Charges {
        @DurableHandler("charge")
        String charge(String order) {
            Orders.CHARGED.add(order);
            return order + " charged";
        }
    }
}
