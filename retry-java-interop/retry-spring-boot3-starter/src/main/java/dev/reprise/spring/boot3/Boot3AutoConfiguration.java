package dev.reprise.spring.boot3;

import dev.reprise.spring.QueueStatus;
import org.springframework.boot.actuate.autoconfigure.health.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What differs on Spring Boot 3. */
@AutoConfiguration(afterName = "dev.reprise.spring.internal.RepriseQueueAutoConfiguration")
public class Boot3AutoConfiguration {
    Boot3AutoConfiguration() {}

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
    static class HealthConfiguration {
        @Bean
        @ConditionalOnBean(QueueStatus.class)
        @ConditionalOnMissingBean(name = "repriseHealthIndicator")
        @ConditionalOnEnabledHealthIndicator("reprise")
        HealthIndicator repriseHealthIndicator(QueueStatus queue) {
            return new QueueHealthIndicator(queue);
        }
    }
}
