package dev.reprise.spring.internal.metrics;

import dev.reprise.micrometer.CallObservations;
import dev.reprise.micrometer.QueueGauges;
import dev.reprise.micrometer.RetryMetrics;
import dev.reprise.micrometer.RetryObservations;
import dev.reprise.queue.RetryQueue;
import dev.reprise.spring.internal.RepriseQueueAutoConfiguration;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Meters and observations, if {@code retry-micrometer} and a registry are there. */
@AutoConfiguration(
        after = RepriseQueueAutoConfiguration.class,
        afterName = {
            "org.springframework.boot.actuate.autoconfigure.metrics.CompositeMeterRegistryAutoConfiguration",
            "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration",
            "org.springframework.boot.actuate.autoconfigure.observation.ObservationAutoConfiguration",
            "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration"
        })
@ConditionalOnClass(RetryMetrics.class)
public class MetricsAutoConfiguration {
    MetricsAutoConfiguration() {}

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(MeterRegistry.class)
    @ConditionalOnBean(MeterRegistry.class)
    static class Meters {
        @Bean
        @ConditionalOnMissingBean
        RetryMetrics repriseMetrics(MeterRegistry registry) {
            return new RetryMetrics(registry);
        }

        @Bean
        @ConditionalOnBean(RetryQueue.class)
        @ConditionalOnMissingBean
        QueueGauges repriseQueueGauges(MeterRegistry registry, RetryQueue queue) {
            return new QueueGauges(registry, queue);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(ObservationRegistry.class)
    @ConditionalOnBean(ObservationRegistry.class)
    static class Observations {
        @Bean
        @ConditionalOnMissingBean
        RetryObservations repriseObservations(ObservationRegistry registry) {
            return new RetryObservations(registry);
        }

        @Bean
        @ConditionalOnMissingBean
        CallObservations repriseCallObservations(ObservationRegistry registry) {
            return new CallObservations(registry);
        }
    }
}
