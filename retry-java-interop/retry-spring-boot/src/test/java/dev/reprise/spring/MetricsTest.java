package dev.reprise.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reprise.interop.RetryRunner;
import dev.reprise.interop.RetryWith;
import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.micrometer.QueueGauges;
import dev.reprise.micrometer.RetryMetrics;
import dev.reprise.queue.InMemoryCallStore;
import dev.reprise.queue.event.CallListener;
import dev.reprise.queue.model.Target;
import dev.reprise.queue.spi.CallStore;
import dev.reprise.run.RetryEvent;
import dev.reprise.run.RetryListener;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class MetricsTest {
    private static final Target<String, String> WORK = Target.text("work");

    private final ApplicationContextRunner application =
            Contexts.withQueue()
                    .withBean(CallStore.class, InMemoryCallStore::new)
                    .withPropertyValues(
                            "reprise.policies.prices=every(1ms) maxAttempts(2)"
                                    + " on(java.io.IOException)");

    static class Prices {
        private int calls;

        @RetryWith("prices")
        int price() throws IOException {
            if (++calls % 2 == 1) {
                throw new IOException("down");
            }
            return calls;
        }
    }

    private static DurableHandlerBean<String, String> worker() {
        return new DurableHandlerBean<>(WORK, (context, text) -> text, options -> {});
    }

    @Test
    void runsOfBeansAndOfInjectedRunnersAreCountedUnderTheNameOfTheirPolicy() {
        application
                .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                .withBean(Prices.class)
                .run(
                        context -> {
                            context.getBean(Prices.class).price();
                            context.getBean("repriseRunner.prices", RetryRunner.class)
                                    .call(() -> "42 EUR");
                            Timer runs =
                                    context.getBean(MeterRegistry.class)
                                            .get("reprise.runs")
                                            .tag("policy", "prices")
                                            .tag("outcome", "success")
                                            .timer();
                            assertThat(runs.count()).isEqualTo(2);
                        });
    }

    @Test
    void durableCallsAreTimedAndTheQueueHasGauges() {
        application
                .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                .withBean(DurableHandlerBean.class, MetricsTest::worker)
                .run(
                        context -> {
                            context.getBean(QueueRunner.class)
                                    .enqueue(WORK, "a")
                                    .resultAsync()
                                    .get(10, TimeUnit.SECONDS);
                            MeterRegistry registry = context.getBean(MeterRegistry.class);
                            assertThat(
                                            registry.get("reprise.call.attempts")
                                                    .tag("handler", "work")
                                                    .timer()
                                                    .count())
                                    .isEqualTo(1);
                            assertThat(registry.find("reprise.in.flight").gauge()).isNotNull();
                        });
    }

    @Test
    void aRetryIsAnEventOfTheRun() {
        List<String> events = new CopyOnWriteArrayList<>();
        ObservationRegistry registry = ObservationRegistry.create();
        registry.observationConfig()
                .observationHandler(
                        new ObservationHandler<>() {
                            @Override
                            public void onEvent(
                                    Observation.Event event, Observation.Context context) {
                                events.add(context.getName() + ": " + event.getName());
                            }

                            @Override
                            public boolean supportsContext(Observation.Context context) {
                                return true;
                            }
                        });
        application
                .withBean(ObservationRegistry.class, () -> registry)
                .withBean(Prices.class)
                .run(
                        context ->
                                Observation.createNotStarted("request", registry)
                                        .observeChecked(
                                                () -> context.getBean(Prices.class).price()));
        assertThat(events).containsExactly("reprise.run: retry.scheduled");
    }

    @Test
    void aDurableCallIsObservedWhereItIsEnqueuedAndWhereItRuns() {
        List<String> names = new CopyOnWriteArrayList<>();
        ObservationRegistry registry = ObservationRegistry.create();
        registry.observationConfig()
                .observationHandler(
                        new ObservationHandler<>() {
                            @Override
                            public void onStop(Observation.Context context) {
                                names.add(context.getName());
                            }

                            @Override
                            public boolean supportsContext(Observation.Context context) {
                                return true;
                            }
                        });
        application
                .withBean(ObservationRegistry.class, () -> registry)
                .withBean(DurableHandlerBean.class, MetricsTest::worker)
                .run(
                        context ->
                                context.getBean(QueueRunner.class)
                                        .enqueue(WORK, "a")
                                        .resultAsync()
                                        .get(10, TimeUnit.SECONDS));
        assertThat(names).containsExactly("reprise.enqueue", "reprise.call");
    }

    @Test
    void everyListenerThatIsABeanIsNotified() {
        List<String> log = new CopyOnWriteArrayList<>();
        application
                .withBean(RetryListener.class, () -> event -> log.add(named(event)))
                .withBean(CallListener.class, () -> event -> log.add("call"))
                .withBean(Prices.class)
                .run(
                        context -> {
                            context.getBean(Prices.class).price();
                            context.getBean(QueueRunner.class).enqueue(WORK, "a");
                        });
        assertThat(log).containsExactly("AttemptFailed of prices", "Succeeded of prices", "call");
    }

    private static String named(RetryEvent event) {
        return event.getClass().getSimpleName() + " of " + event.getName();
    }

    @Test
    void withoutARegistryOrTheModuleNothingIsMeasured() {
        application.run(
                context ->
                        assertThat(context)
                                .doesNotHaveBean(RetryMetrics.class)
                                .doesNotHaveBean(RetryListener.class));
        application
                .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                .withClassLoader(new FilteredClassLoader("dev.reprise.micrometer"))
                .run(context -> assertThat(context).doesNotHaveBean(CallListener.class));
    }

    @Test
    void itBacksOffForMetersOfTheApplication() {
        RetryMetrics own = new RetryMetrics(new SimpleMeterRegistry());
        application
                .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                .withBean(RetryMetrics.class, () -> own)
                .run(
                        context -> {
                            assertThat(context.getBean(RetryMetrics.class)).isSameAs(own);
                            assertThat(context).hasSingleBean(QueueGauges.class);
                        });
    }
}
