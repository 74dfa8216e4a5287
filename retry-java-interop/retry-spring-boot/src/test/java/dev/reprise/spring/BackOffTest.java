package dev.reprise.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reprise.NamedPolicies;
import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.interop.workflow.WorkflowRunner;
import dev.reprise.micrometer.CallObservations;
import dev.reprise.micrometer.QueueGauges;
import dev.reprise.micrometer.RetryMetrics;
import dev.reprise.micrometer.RetryObservations;
import dev.reprise.queue.InMemoryCallStore;
import dev.reprise.queue.RetryQueue;
import dev.reprise.queue.model.PayloadCodec;
import dev.reprise.queue.model.Target;
import dev.reprise.queue.spi.CallStore;
import dev.reprise.queue.spi.CallerTransaction;
import dev.reprise.workflow.InMemoryWorkflowStore;
import dev.reprise.workflow.WorkflowEngine;
import dev.reprise.workflow.spi.WorkflowStore;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** A bean that the application declares takes the place of the one that is configured. */
class BackOffTest {
    private final ApplicationContextRunner application =
            Contexts.withQueue()
                    .withPropertyValues("reprise.workflows.enabled=true")
                    .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                    .withBean(ObservationRegistry.class, ObservationRegistry::create);

    private static final JsonTargets NO_JSON =
            new JsonTargets() {
                @Override
                public <T> PayloadCodec<T> codec(Type type) {
                    throw new UnsupportedOperationException("" + type);
                }
            };

    static Stream<Arguments> beans() {
        QueueRunner queue = QueueRunner.inMemory().build();
        WorkflowRunner workflows = WorkflowRunner.inMemory().build();
        return Stream.of(
                Arguments.of(NamedPolicies.class, NamedPolicies.parse(Map.of())),
                Arguments.of(JsonTargets.class, NO_JSON),
                Arguments.of(QueueRunner.class, queue),
                Arguments.of(RetryQueue.class, queue.asRetryQueue()),
                Arguments.of(WorkflowRunner.class, workflows),
                Arguments.of(WorkflowEngine.class, workflows.engine()),
                Arguments.of(RetryMetrics.class, new RetryMetrics(new SimpleMeterRegistry())),
                Arguments.of(
                        QueueGauges.class,
                        new QueueGauges(new SimpleMeterRegistry(), queue.asRetryQueue())),
                Arguments.of(
                        RetryObservations.class, new RetryObservations(ObservationRegistry.NOOP)),
                Arguments.of(
                        CallObservations.class, new CallObservations(ObservationRegistry.NOOP)));
    }

    @ParameterizedTest
    @MethodSource("beans")
    <T> void theBeanOfTheApplicationIsTheOnlyOne(Class<T> type, T own) {
        application
                .withBean(CallStore.class, InMemoryCallStore::new)
                .withBean(WorkflowStore.class, InMemoryWorkflowStore::new)
                .withBean("own", type, () -> own)
                .run(context -> assertThat(context.getBean(type)).isSameAs(own));
    }

    @Test
    void aStoreOfTheApplicationNeedsNoDatabase() {
        CallStore calls = new InMemoryCallStore();
        WorkflowStore runs = new InMemoryWorkflowStore();
        application
                .withBean("calls", CallStore.class, () -> calls)
                .withBean("runs", WorkflowStore.class, () -> runs)
                .run(
                        context -> {
                            assertThat(context.getBean(CallStore.class)).isSameAs(calls);
                            assertThat(context.getBean(WorkflowStore.class)).isSameAs(runs);
                        });
    }

    @Test
    void aCallerTransactionOfTheApplicationIsUsedInsteadOfThatOfSpring(@TempDir Path folder) {
        AtomicInteger looks = new AtomicInteger();
        CallerTransaction own =
                new CallerTransaction() {
                    @Override
                    public Connection current(DataSource dataSource) {
                        looks.incrementAndGet();
                        return null;
                    }

                    @Override
                    public void release(Connection connection) {}

                    @Override
                    public void afterCommit(Runnable action) {}
                };
        Contexts.withQueue()
                .withPropertyValues("reprise.queue.sqlite=" + folder.resolve("calls.db"))
                .withBean(CallerTransaction.class, () -> own)
                .run(
                        context ->
                                context.getBean(QueueRunner.class)
                                        .enqueue(Target.text("work"), "a"));
        assertThat(looks).hasValue(1);
    }
}
