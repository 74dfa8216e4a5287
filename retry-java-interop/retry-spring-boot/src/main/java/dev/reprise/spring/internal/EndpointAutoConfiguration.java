package dev.reprise.spring.internal;

import dev.reprise.NamedPolicies;
import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.spring.QueueStatus;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/** The endpoint of the actuator. */
@AutoConfiguration(after = RepriseQueueAutoConfiguration.class)
@ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
public class EndpointAutoConfiguration {
    EndpointAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnAvailableEndpoint
    RepriseEndpoint repriseEndpoint(
            NamedPolicies policies,
            ObjectProvider<QueueRunner> queue,
            ObjectProvider<QueueStatus> status) {
        return new RepriseEndpoint(policies, queue, status);
    }
}
