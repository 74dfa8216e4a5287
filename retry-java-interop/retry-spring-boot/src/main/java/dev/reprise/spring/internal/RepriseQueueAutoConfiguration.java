package dev.reprise.spring.internal;

import dev.reprise.NamedPolicies;
import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.queue.RetryQueue;
import dev.reprise.queue.event.CallListener;
import dev.reprise.queue.spi.CallStore;
import dev.reprise.queue.spi.CallerTransaction;
import dev.reprise.spring.JsonTargets;
import dev.reprise.spring.QueueCustomizer;
import dev.reprise.spring.internal.handlers.HandlerProbe;
import dev.reprise.spring.internal.handlers.HandlerRegistrar;
import dev.reprise.spring.internal.handlers.HandlerThreads;
import dev.reprise.spring.internal.handlers.JsonAutoConfiguration;
import dev.reprise.spring.internal.setup.ConfigurationMistake;
import dev.reprise.spring.internal.setup.RepriseProperties;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.LazyInitializationExcludeFilter;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.info.BuildProperties;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Scope;
import org.springframework.core.env.Environment;

/** The durable queue, with the handlers of all beans. */
@AutoConfiguration(
        after = {RepriseAutoConfiguration.class, JsonAutoConfiguration.class},
        afterName = {
            "org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration",
            "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration"
        })
@ConditionalOnProperty(name = "reprise.queue.enabled", havingValue = "true")
public class RepriseQueueAutoConfiguration {
    private final RepriseProperties.Queue properties;

    RepriseQueueAutoConfiguration(RepriseProperties properties) {
        this.properties = properties.queue();
    }

    @Bean
    @DependsOnDatabaseInitialization
    @ConditionalOnMissingBean({CallStore.class, QueueRunner.Builder.class})
    CallStore repriseCallStore(ListableBeanFactory beans) {
        return Stores.open(properties, beans);
    }

    @Bean
    @Scope(ConfigurableBeanFactory.SCOPE_PROTOTYPE)
    @ConditionalOnMissingBean
    QueueRunner.Builder repriseQueueBuilder(CallStore store, HandlerThreads threads) {
        return QueueRunner.on(store).executor(threads.executor());
    }

    @Bean
    HandlerThreads repriseHandlerThreads(ApplicationContext context) {
        return new HandlerThreads(
                context.getEnvironment()
                        .getProperty("spring.threads.virtual.enabled", Boolean.class, false),
                context.getClassLoader());
    }

    @Bean
    @ConditionalOnMissingBean
    HandlerProbe repriseHandlerProbe() {
        return context -> {};
    }

    @Bean
    @ConditionalOnMissingBean
    QueueRunner repriseQueue(
            QueueRunner.Builder builder,
            ConfigurableListableBeanFactory beans,
            NamedPolicies policies,
            JsonTargets json,
            HandlerProbe probe,
            ObjectProvider<CallStore> store,
            ObjectProvider<CallerTransaction> transaction,
            ObjectProvider<CallListener> listeners,
            ObjectProvider<QueueCustomizer> customizers,
            ObjectProvider<BuildProperties> build,
            Environment environment) {
        QueueProperties.apply(properties, policies, builder);
        BuildProperties built = build.getIfUnique();
        if (built != null && built.getVersion() != null) {
            builder.applicationVersion(built.getVersion());
        }
        builder.grace(Graces.of(environment));
        CallerTransaction joined =
                transaction.getIfAvailable(
                        () -> CallerTransactions.of(properties, store.getIfUnique()));
        if (joined != null) {
            builder.callerTransaction(joined);
        }
        new HandlerRegistrar(beans, json, probe).register(builder);
        listeners.orderedStream().forEach(builder::listener);
        customizers.orderedStream().forEach(customizer -> customizer.customize(builder));
        try {
            return builder.build();
        } catch (IllegalArgumentException e) {
            throw new ConfigurationMistake("reprise.queue: " + e.getMessage(), e);
        }
    }

    @Bean(destroyMethod = "")
    @ConditionalOnMissingBean
    RetryQueue repriseRetryQueue(QueueRunner queue) {
        return queue.asRetryQueue();
    }

    @Bean
    QueueLifecycle repriseQueueLifecycle(
            QueueRunner queue, ObjectProvider<CallStore> store, Environment environment) {
        return new QueueLifecycle(queue, store.getIfUnique(), properties, Graces.of(environment));
    }

    @Bean
    static LazyInitializationExcludeFilter repriseNotLazy() {
        return LazyInitializationExcludeFilter.forBeanTypes(QueueLifecycle.class);
    }
}
