package dev.reprise.samples.before;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.ConnectException;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.resilience.annotation.EnableResilientMethods;
import org.springframework.resilience.annotation.Retryable;

/** Retries of Spring 7, for {@code comparison.md}. */
final class SpringBeforeTest {
    static class Prices {
        private int calls;

        // docs:begin before-spring
        @Retryable(includes = IOException.class, maxRetries = 4, delay = 10)
        public String fetch() throws IOException {
            return remote();
        }

        // docs:end

        private String remote() throws IOException {
            if (++calls < 3) {
                throw new ConnectException("refused");
            }
            return "answer " + calls;
        }
    }

    @Configuration
    @EnableResilientMethods
    static class Application {
        @Bean
        Prices prices() {
            return new Prices();
        }
    }

    @Test
    void spring() throws IOException {
        try (var context = new AnnotationConfigApplicationContext(Application.class)) {
            assertEquals("answer 3", context.getBean(Prices.class).fetch());
        }
    }
}
