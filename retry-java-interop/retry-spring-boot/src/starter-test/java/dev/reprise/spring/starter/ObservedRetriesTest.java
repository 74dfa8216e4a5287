package dev.reprise.spring.starter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reprise.interop.RetryWith;
import dev.reprise.spring.internal.RepriseAutoConfiguration;
import dev.reprise.spring.internal.metrics.MetricsAutoConfiguration;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.tck.TestObservationRegistry;
import io.micrometer.observation.tck.TestObservationRegistryAssert;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** What is observed of {@code @RetryWith} on the line of Spring Boot that a starter is for. */
class ObservedRetriesTest {
    private final TestObservationRegistry registry = TestObservationRegistry.create();
    private final List<String> events = new CopyOnWriteArrayList<>();
    private final List<String> parents = new CopyOnWriteArrayList<>();
    private final ApplicationContextRunner application =
            new ApplicationContextRunner()
                    .withConfiguration(
                            AutoConfigurations.of(
                                    RepriseAutoConfiguration.class, MetricsAutoConfiguration.class))
                    .withBean(ObservationRegistry.class, () -> registry)
                    .withBean(Prices.class)
                    .withPropertyValues("reprise.policies.prices=every(2ms) maxAttempts(3)");

    static class Prices {
        private final ObservationRegistry registry;

        /** What is current when an attempt starts. */
        private final List<String> current = new CopyOnWriteArrayList<>();

        Prices(ObservationRegistry registry) {
            this.registry = registry;
        }

        List<String> current() {
            return current;
        }

        @RetryWith("prices")
        String blocking(int failures) throws IOException {
            if (attempt() <= failures) {
                throw new IOException("down");
            }
            return "42 EUR";
        }

        @RetryWith("prices")
        CompletableFuture<String> staged(int failures) {
            return attempt() <= failures
                    ? CompletableFuture.failedFuture(new IOException("down"))
                    : CompletableFuture.completedFuture("42 EUR");
        }

        private int attempt() {
            current.add(registry.getCurrentObservation().getContextView().getName());
            return current.size();
        }
    }

    @BeforeEach
    void recordEventsAndParents() {
        registry.observationConfig()
                .observationHandler(
                        new ObservationHandler<>() {
                            @Override
                            public void onEvent(
                                    Observation.Event event, Observation.Context context) {
                                events.add(event.getContextualName() + " in " + context.getName());
                            }

                            @Override
                            public void onStart(Observation.Context context) {
                                if (context.getParentObservation() != null) {
                                    parents.add(
                                            context.getParentObservation()
                                                    .getContextView()
                                                    .getName());
                                }
                            }

                            @Override
                            public boolean supportsContext(Observation.Context context) {
                                return true;
                            }
                        });
    }

    private void assertThatTwoAttemptsAreInTheRun() {
        TestObservationRegistryAssert.assertThat(registry)
                .hasNumberOfObservationsEqualTo(3)
                .hasNumberOfObservationsWithNameEqualTo("reprise.attempt", 2)
                .hasAnObservationWithAKeyValue("attempt", "2")
                .hasAnObservationWithAKeyValue("attempt", "3")
                .forAllObservationsWithNameEqualTo(
                        "reprise.attempt",
                        attempt -> attempt.hasLowCardinalityKeyValue("policy", "prices"));
        assertThat(parents).containsExactly("reprise.run", "reprise.run");
        TestObservationRegistryAssert.assertThat(registry)
                .hasObservationWithNameEqualTo("reprise.run")
                .that()
                .hasLowCardinalityKeyValue("policy", "prices")
                .doesNotHaveParentObservation()
                .doesNotHaveError()
                .hasBeenStopped();
    }

    @Test
    void aRunThatBlocksIsObservedAndEachAttemptAfterTheFirstInIt() {
        application.run(
                context -> {
                    Prices prices = context.getBean(Prices.class);
                    assertThat(prices.blocking(2)).isEqualTo("42 EUR");
                    assertThat(prices.current())
                            .containsExactly("reprise.run", "reprise.attempt", "reprise.attempt");
                });
        assertThatTwoAttemptsAreInTheRun();
        assertThat(events)
                .containsExactly(
                        "retry scheduled in 2ms in reprise.run",
                        "retry scheduled in 2ms in reprise.run");
    }

    @Test
    void aRunOfAFutureIsObservedUntilItCompletes() {
        application.run(
                context -> {
                    Prices prices = context.getBean(Prices.class);
                    assertThat(prices.staged(2).get(10, TimeUnit.SECONDS)).isEqualTo("42 EUR");
                    assertThat(prices.current())
                            .containsExactly("reprise.run", "reprise.attempt", "reprise.attempt");
                });
        assertThatTwoAttemptsAreInTheRun();
    }

    @Test
    void aRunThatFailsHasTheError() {
        application.run(
                context ->
                        assertThatThrownBy(() -> context.getBean(Prices.class).blocking(3))
                                .isInstanceOf(IOException.class));
        TestObservationRegistryAssert.assertThat(registry)
                .hasObservationWithNameEqualTo("reprise.run")
                .that()
                .hasBeenStarted()
                .hasBeenStopped()
                .hasError();
    }
}
