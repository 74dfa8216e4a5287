package dev.reprise.samples.before;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.reprise.interop.RetryProxy;
import dev.reprise.interop.RetryWith;
import java.io.IOException;
import java.net.ConnectException;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.retry.annotation.Backoff;
import org.springframework.retry.annotation.EnableRetry;
import org.springframework.retry.annotation.Recover;
import org.springframework.retry.annotation.Retryable;

/** spring-retry and what its code becomes, for {@code comparison.md}: the two recover alike. */
final class SpringRetryTest {
    static String remote(String sku) throws IOException {
        throw new ConnectException("no price of " + sku);
    }

    static class PriceBean {
        // docs:begin before-spring-retry
        @Retryable(
                retryFor = IOException.class,
                maxAttempts = 4,
                backoff = @Backoff(delay = 10, multiplier = 2, maxDelay = 100, random = true))
        public String price(String sku) throws IOException {
            return remote(sku);
        }

        @Recover
        public String lastKnown(IOException failure, String sku) {
            return "yesterday's price of " + sku;
        }
        // docs:end
    }

    // docs:begin from-spring-retry
    interface Prices {
        @RetryWith(
                value = "exponential(10ms, max=100ms) maxAttempts(4) on(java.io.IOException)",
                recover = "lastKnown")
        String price(String sku) throws IOException;
    }

    // docs:end

    static class RemotePrices implements Prices {
        @Override
        public String price(String sku) throws IOException {
            return remote(sku);
        }

        public String lastKnown(IOException failure, String sku) {
            return "yesterday's price of " + sku;
        }
    }

    @Configuration
    @EnableRetry(proxyTargetClass = true)
    static class Application {
        @Bean
        PriceBean prices() {
            return new PriceBean();
        }
    }

    @Test
    void bothRecover() throws IOException {
        try (var context = new AnnotationConfigApplicationContext(Application.class)) {
            assertEquals("yesterday's price of tea", context.getBean(PriceBean.class).price("tea"));
        }
        // docs:begin from-spring-retry-wrap
        Prices prices = RetryProxy.of(Prices.class, new RemotePrices());
        // docs:end
        assertEquals("yesterday's price of tea", prices.price("tea"));
    }
}
