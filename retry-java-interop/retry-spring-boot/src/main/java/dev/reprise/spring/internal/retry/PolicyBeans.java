package dev.reprise.spring.internal.retry;

import dev.reprise.NamedPolicies;
import dev.reprise.Retry;
import dev.reprise.interop.RetryRunner;
import dev.reprise.run.RetryListener;
import java.util.Map;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.AutowireCandidateQualifier;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.ImportBeanDefinitionRegistrar;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotationMetadata;

/**
 * Registers a {@code Retry} and a {@code RetryRunner} for each policy, with its name as the
 * qualifier and with the listeners of the application.
 */
public final class PolicyBeans implements ImportBeanDefinitionRegistrar {
    private final Environment environment;

    PolicyBeans(Environment environment) {
        this.environment = environment;
    }

    @Override
    public void registerBeanDefinitions(
            AnnotationMetadata metadata, BeanDefinitionRegistry registry) {
        Map<String, String> policies =
                Binder.get(environment)
                        .bind("reprise.policies", Bindable.mapOf(String.class, String.class))
                        .orElse(Map.of());
        for (String name : policies.keySet()) {
            register(registry, "repriseRetry." + name, Retry.class, "retry", name);
            register(registry, "repriseRunner." + name, RetryRunner.class, "runner", name);
        }
    }

    /** A fallback: where no name is given, a bean of the application is meant. */
    private static void register(
            BeanDefinitionRegistry registry,
            String bean,
            Class<?> type,
            String factory,
            String name) {
        RootBeanDefinition definition = new RootBeanDefinition(PolicyBeans.class);
        definition.setTargetType(type);
        definition.setFactoryMethodName(factory);
        definition.setAutowireMode(RootBeanDefinition.AUTOWIRE_CONSTRUCTOR);
        definition.getConstructorArgumentValues().addIndexedArgumentValue(1, name);
        definition.addQualifier(new AutowireCandidateQualifier(Qualifier.class, name));
        definition.setFallback(true);
        definition.setLazyInit(true);
        registry.registerBeanDefinition(bean, definition);
    }

    static Retry retry(NamedPolicies policies, String name, ConfigurableListableBeanFactory beans) {
        return runner(policies, name, beans).asRetry();
    }

    static RetryRunner runner(
            NamedPolicies policies, String name, ConfigurableListableBeanFactory beans) {
        RetryListener listener = BeanListeners.of(beans);
        return listener == null
                ? RetryRunner.named(policies, name)
                : RetryRunner.builder().policy(policies, name).listener(listener).build();
    }
}
