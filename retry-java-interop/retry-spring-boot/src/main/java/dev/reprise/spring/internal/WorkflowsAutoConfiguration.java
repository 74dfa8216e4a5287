package dev.reprise.spring.internal;

import dev.reprise.interop.workflow.WorkflowRunner;
import dev.reprise.queue.spi.CallStore;
import dev.reprise.spring.internal.handlers.HandlerThreads;
import dev.reprise.spring.internal.setup.RepriseProperties;
import dev.reprise.workflow.WorkflowEngine;
import dev.reprise.workflow.model.WorkflowListener;
import dev.reprise.workflow.spi.WorkflowStore;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.boot.LazyInitializationExcludeFilter;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Scope;

/** Workflows, in the database of the queue. */
@AutoConfiguration(after = RepriseQueueAutoConfiguration.class)
@ConditionalOnProperty(name = "reprise.workflows.enabled", havingValue = "true")
public class WorkflowsAutoConfiguration {
    WorkflowsAutoConfiguration() {}

    @Bean
    @DependsOnDatabaseInitialization
    @ConditionalOnMissingBean({WorkflowStore.class, WorkflowRunner.Builder.class})
    WorkflowStore repriseWorkflowStore(
            RepriseProperties properties,
            ObjectProvider<CallStore> queue,
            ListableBeanFactory beans) {
        return Stores.openWorkflows(properties, queue.getIfUnique(), beans);
    }

    @Bean
    @Scope(ConfigurableBeanFactory.SCOPE_PROTOTYPE)
    @ConditionalOnMissingBean
    WorkflowRunner.Builder repriseWorkflowBuilder(
            WorkflowStore store, ObjectProvider<HandlerThreads> threads) {
        WorkflowRunner.Builder builder = WorkflowRunner.on(store);
        threads.ifAvailable(known -> builder.executor(known.executor()));
        return builder;
    }

    @Bean
    @ConditionalOnMissingBean
    WorkflowRunner repriseWorkflows(
            WorkflowRunner.Builder builder, ObjectProvider<WorkflowListener> listeners) {
        listeners.orderedStream().forEach(builder::listener);
        return builder.build();
    }

    @Bean
    @ConditionalOnMissingBean
    WorkflowEngine repriseWorkflowEngine(WorkflowRunner runner) {
        return runner.engine();
    }

    @Bean
    WorkflowLifecycle repriseWorkflowLifecycle(
            ObjectProvider<WorkflowStore> store, RepriseProperties properties) {
        return new WorkflowLifecycle(store.getIfUnique(), properties.queue());
    }

    @Bean
    static LazyInitializationExcludeFilter repriseWorkflowsNotLazy() {
        return LazyInitializationExcludeFilter.forBeanTypes(WorkflowLifecycle.class);
    }
}
