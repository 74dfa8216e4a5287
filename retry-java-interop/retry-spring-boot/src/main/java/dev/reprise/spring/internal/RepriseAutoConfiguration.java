package dev.reprise.spring.internal;

import dev.reprise.NamedPolicies;
import dev.reprise.spring.internal.handlers.HandlersWithoutQueue;
import dev.reprise.spring.internal.retry.Policies;
import dev.reprise.spring.internal.retry.PolicyBeans;
import dev.reprise.spring.internal.retry.RetryWithPostProcessor;
import dev.reprise.spring.internal.setup.RepriseProperties;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;
import org.springframework.core.io.ResourceLoader;

/** Policies by name, and {@code @RetryWith} on beans. */
@AutoConfiguration
@EnableConfigurationProperties(RepriseProperties.class)
@Import(PolicyBeans.class)
public class RepriseAutoConfiguration {
    RepriseAutoConfiguration(ResourceLoader resources) {
        Starters.requireOne(resources.getClassLoader());
    }

    @Bean
    @ConditionalOnMissingBean
    NamedPolicies reprisePolicies(RepriseProperties properties, ResourceLoader resources) {
        return Policies.parse(properties.policies(), resources.getClassLoader());
    }

    @Bean
    static RetryWithPostProcessor repriseRetryWith(Environment environment) {
        return new RetryWithPostProcessor(
                environment.getProperty("spring.aop.proxy-target-class", Boolean.class, true));
    }

    @Bean
    @ConditionalOnProperty(
            name = "reprise.queue.enabled",
            havingValue = "false",
            matchIfMissing = true)
    static HandlersWithoutQueue repriseHandlersWithoutQueue(ConfigurableListableBeanFactory beans) {
        return new HandlersWithoutQueue(beans);
    }
}
