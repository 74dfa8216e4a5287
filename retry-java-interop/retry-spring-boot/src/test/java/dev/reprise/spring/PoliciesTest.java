package dev.reprise.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reprise.NamedPolicies;
import dev.reprise.Retry;
import dev.reprise.interop.RetryRunner;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@ExtendWith(OutputCaptureExtension.class)
class PoliciesTest {
    private static final String PRICES = "reprise.policies.prices=every(1ms) maxAttempts(4)";
    private static final String STOCK = "reprise.policies.stock=every(1ms) maxAttempts(2)";

    record Clients(Retry prices, RetryRunner stock) {}

    @Configuration(proxyBeanMethods = false)
    static class QualifiedClients {
        @Bean
        Clients clients(@Qualifier("prices") Retry prices, @Qualifier("stock") RetryRunner stock) {
            return new Clients(prices, stock);
        }
    }

    @Test
    void withoutPropertiesThereAreNoPoliciesAndNoQueue() {
        Contexts.application()
                .run(
                        context -> {
                            assertThat(context.getBean(NamedPolicies.class).getNames()).isEmpty();
                            assertThat(context).doesNotHaveBean(RetryRunner.class);
                            assertThat(context).doesNotHaveBean(JsonTargets.class);
                            assertThat(context).doesNotHaveBean(QueueStatus.class);
                        });
    }

    @Test
    void aPolicyIsInjectedByItsName() {
        Contexts.application()
                .withPropertyValues(PRICES, STOCK)
                .withUserConfiguration(QualifiedClients.class)
                .run(
                        context -> {
                            Clients clients = context.getBean(Clients.class);
                            assertThat(clients.prices().getPolicy())
                                    .hasToString("every(1ms) maxAttempts(4)");
                            assertThat(clients.stock().getPolicy())
                                    .hasToString("every(1ms) maxAttempts(2)");
                        });
    }

    @Test
    void theOnlyPolicyNeedsNoName() {
        Contexts.application()
                .withPropertyValues(PRICES)
                .run(context -> assertThat(context).hasSingleBean(Retry.class));
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnRetry {
        @Bean
        RetryRunner own() {
            return RetryRunner.builder().maxAttempts(9).build();
        }
    }

    @Test
    void aRetryOfTheApplicationIsMeantWhereNoNameIsGiven() {
        Contexts.application()
                .withPropertyValues(PRICES, STOCK)
                .withUserConfiguration(OwnRetry.class)
                .run(
                        context ->
                                assertThat(context.getBeanProvider(RetryRunner.class).getObject())
                                        .isSameAs(context.getBean("own")));
    }

    @Test
    void mistakesFailTheStartWithPropertyTextAndCaret() {
        Contexts.application()
                .withPropertyValues(
                        "reprise.policies.prices=evry(1ms)",
                        "reprise.policies.stock=every(1ms) maxAttempts(x)")
                .run(
                        context ->
                                assertThat(Contexts.mistake(context))
                                        .contains("reprise.policies.prices: ")
                                        .contains("evry(1ms)")
                                        .contains("^")
                                        .contains("reprise.policies.stock: "));
    }

    @Test
    void lintsAreWarnings(CapturedOutput output) {
        Contexts.application()
                .withPropertyValues("reprise.policies.prices=delays(1s, 2s, 3s) maxAttempts(2)")
                .run(
                        context -> {
                            assertThat(context).hasNotFailed();
                            assertThat(output)
                                    .containsPattern("WARN.*reprise\\.policies\\.prices: .+");
                        });
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnPolicies {
        @Bean
        NamedPolicies own() {
            return NamedPolicies.parse(Map.of("mine", "maxAttempts(3)"));
        }
    }

    @Test
    void policiesOfTheApplicationReplaceTheProperties() {
        Contexts.application()
                .withPropertyValues(PRICES)
                .withUserConfiguration(OwnPolicies.class)
                .run(
                        context ->
                                assertThat(context.getBean(NamedPolicies.class).getNames())
                                        .containsExactly("mine"));
    }
}
