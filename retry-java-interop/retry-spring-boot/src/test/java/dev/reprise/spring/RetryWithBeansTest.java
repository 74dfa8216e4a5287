package dev.reprise.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reprise.NamedPolicies;
import dev.reprise.interop.RetryWith;
import dev.reprise.run.RetryReport;
import java.io.IOException;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Scope;
import org.springframework.context.annotation.ScopedProxyMode;

class RetryWithBeansTest {
    private static final ApplicationContextRunner APPLICATION =
            Contexts.application()
                    .withPropertyValues(
                            "reprise.policies.prices=every(1ms) maxAttempts(3)"
                                    + " on(java.io.IOException)",
                            "tries=2");

    /** A class without an interface, as most beans are. */
    static class Prices {
        final List<String> log = new ArrayList<>();

        @RetryWith("prices")
        String price(String sku) throws IOException {
            log.add("price of " + sku);
            if (log.size() < 3) {
                throw new IOException("down");
            }
            return "42 EUR";
        }

        @RetryWith(value = "prices", recover = "lastKnown")
        String never(String sku) throws IOException {
            log.add("never");
            throw new IOException("down");
        }

        String lastKnown(IOException failure, String sku) {
            return "last known of " + sku + " after " + RetryReport.of(failure).getAttempts();
        }

        @RetryWith("every(1ms) maxAttempts(${tries})")
        void configured() throws IOException {
            log.add("configured");
            throw new IOException("down");
        }

        @RetryWith("prices")
        CompletionStage<String> later() {
            log.add("later");
            return log.size() < 3
                    ? CompletableFuture.failedFuture(new IOException("down"))
                    : CompletableFuture.completedFuture("42 EUR");
        }

        String direct() throws IOException {
            log.add("direct");
            throw new IOException("down");
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class PricesConfiguration {
        @Bean
        Prices prices() {
            return new Prices();
        }
    }

    @Test
    void aMethodIsRetriedByThePolicyThatItNames() {
        APPLICATION
                .withUserConfiguration(PricesConfiguration.class)
                .run(
                        context -> {
                            Prices prices = context.getBean(Prices.class);
                            assertThat(prices.price("book")).isEqualTo("42 EUR");
                            assertThat(logOf(prices))
                                    .containsExactly(
                                            "price of book", "price of book", "price of book");
                        });
    }

    @Test
    void recoverReplacesTheFailureOfTheRun() {
        APPLICATION
                .withUserConfiguration(PricesConfiguration.class)
                .run(
                        context ->
                                assertThat(context.getBean(Prices.class).never("book"))
                                        .isEqualTo("last known of book after 3"));
    }

    @Test
    void placeholdersAreResolved() {
        APPLICATION
                .withUserConfiguration(PricesConfiguration.class)
                .run(
                        context -> {
                            Prices prices = context.getBean(Prices.class);
                            assertThatThrownBy(prices::configured).isInstanceOf(IOException.class);
                            assertThat(logOf(prices)).containsExactly("configured", "configured");
                        });
    }

    @Test
    void aStageIsRetried() {
        APPLICATION
                .withUserConfiguration(PricesConfiguration.class)
                .run(
                        context -> {
                            Prices prices = context.getBean(Prices.class);
                            assertThat(prices.later().toCompletableFuture().join())
                                    .isEqualTo("42 EUR");
                            assertThat(logOf(prices)).containsExactly("later", "later", "later");
                        });
    }

    @Test
    void otherMethodsAreNot() {
        APPLICATION
                .withUserConfiguration(PricesConfiguration.class)
                .run(
                        context -> {
                            Prices prices = context.getBean(Prices.class);
                            assertThatThrownBy(prices::direct).isInstanceOf(IOException.class);
                            assertThat(logOf(prices)).containsExactly("direct");
                        });
    }

    @Test
    void aReplacedPolicyHoldsForTheNextRun() {
        APPLICATION
                .withUserConfiguration(PricesConfiguration.class)
                .run(
                        context -> {
                            Prices prices = context.getBean(Prices.class);
                            context.getBean(NamedPolicies.class)
                                    .replace("prices", "maxAttempts(1)");
                            assertThatThrownBy(() -> prices.price("book"))
                                    .isInstanceOf(IOException.class);
                            assertThat(logOf(prices)).containsExactly("price of book");
                        });
    }

    private static List<String> logOf(Prices proxy) {
        return ((Prices) org.springframework.aop.framework.AopProxyUtils.getSingletonTarget(proxy))
                .log;
    }

    @RetryWith("prices")
    @Retention(RetentionPolicy.RUNTIME)
    @interface RetriedLikePrices {}

    interface Stock {
        @RetriedLikePrices
        int left(String sku) throws IOException;
    }

    record FlakyStock(List<String> log) implements Stock {
        @Override
        public int left(String sku) throws IOException {
            log.add("left");
            if (log.size() < 3) {
                throw new IOException("down");
            }
            return 7;
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class StockConfiguration {
        @Bean
        List<String> log() {
            return new ArrayList<>();
        }

        @Bean
        Stock stock(List<String> log) {
            return new FlakyStock(log);
        }
    }

    @Test
    void anInterfaceIsRetriedThroughAMetaAnnotation() {
        APPLICATION
                .withPropertyValues("spring.aop.proxy-target-class=false")
                .withUserConfiguration(StockConfiguration.class)
                .run(
                        context -> {
                            assertThat(context.getBean(Stock.class).left("book")).isEqualTo(7);
                            assertThat(context.getBean("log"))
                                    .isEqualTo(List.of("left", "left", "left"));
                        });
    }

    @Configuration(proxyBeanMethods = false)
    static class ScopedConfiguration {
        static final List<String> MADE = new ArrayList<>();

        @Bean
        @Scope(value = "prototype", proxyMode = ScopedProxyMode.TARGET_CLASS)
        ScopedPrices scoped() {
            return new ScopedPrices();
        }
    }

    static class ScopedPrices {
        @RetryWith("prices")
        void fail() throws IOException {
            ScopedConfiguration.MADE.add("call");
            throw new IOException("down");
        }
    }

    @Test
    void aScopedBeanIsRetriedOnce() {
        APPLICATION
                .withUserConfiguration(ScopedConfiguration.class)
                .run(
                        context -> {
                            assertThatThrownBy(context.getBean("scoped", ScopedPrices.class)::fail)
                                    .isInstanceOf(IOException.class);
                            assertThat(ScopedConfiguration.MADE).hasSize(3);
                        });
    }
}
