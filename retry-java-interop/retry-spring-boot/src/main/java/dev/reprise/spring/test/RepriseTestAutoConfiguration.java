package dev.reprise.spring.test;

import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.interop.workflow.WorkflowRunner;
import dev.reprise.spring.internal.RepriseQueueAutoConfiguration;
import dev.reprise.spring.internal.handlers.HandlerProbe;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Scope;

/** A queue and workflows in memory and in virtual time. */
@AutoConfiguration(before = RepriseQueueAutoConfiguration.class)
class RepriseTestAutoConfiguration {
    @Bean
    VirtualTime repriseTime() {
        return new VirtualTime();
    }

    @Bean
    @Scope(ConfigurableBeanFactory.SCOPE_PROTOTYPE)
    QueueRunner.Builder repriseQueueBuilder(VirtualTime time) {
        return QueueRunner.inMemory(time);
    }

    @Bean
    @Scope(ConfigurableBeanFactory.SCOPE_PROTOTYPE)
    WorkflowRunner.Builder repriseWorkflowBuilder(VirtualTime time) {
        return WorkflowRunner.inMemory().time(time);
    }

    @Bean
    RepriseTester repriseTester(VirtualTime time, ObjectProvider<QueueRunner> queue) {
        return new RepriseTester(time, queue);
    }

    @Bean
    HandlerProbe repriseTestProbe(RepriseTester tester) {
        return tester.probe();
    }
}
