package dev.reprise.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reprise.interop.RetryWith;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.cache.annotation.Cacheable;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.cache.concurrent.ConcurrentMapCacheManager;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.task.SimpleAsyncTaskExecutor;
import org.springframework.scheduling.annotation.Async;
import org.springframework.scheduling.annotation.EnableAsync;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;

/** Retries are outside transactions and caches, and inside what is asynchronous. */
class AdviceOrderTest {
    private static final List<String> LOG = Collections.synchronizedList(new ArrayList<>());

    @SuppressWarnings("serial")
    static class LoggedTransactions extends AbstractPlatformTransactionManager {
        @Override
        protected Object doGetTransaction() {
            return new Object();
        }

        @Override
        protected void doBegin(Object transaction, TransactionDefinition definition) {
            LOG.add("begin");
        }

        @Override
        protected void doCommit(DefaultTransactionStatus status) {
            LOG.add("commit");
        }

        @Override
        protected void doRollback(DefaultTransactionStatus status) {
            LOG.add("roll back");
        }
    }

    static class Orders {
        private int calls;

        @RetryWith("every(1ms) maxAttempts(2)")
        @Transactional(rollbackFor = IOException.class)
        public String place() throws IOException {
            return call();
        }

        @RetryWith("every(1ms) maxAttempts(2)")
        @Cacheable("orders")
        public String find() throws IOException {
            return call();
        }

        @Async
        @RetryWith("every(1ms) maxAttempts(2)")
        public CompletableFuture<String> later() {
            LOG.add(Thread.currentThread().getName().startsWith("async-") ? "async" : "caller");
            try {
                return CompletableFuture.completedFuture(call());
            } catch (IOException e) {
                return CompletableFuture.failedFuture(e);
            }
        }

        private String call() throws IOException {
            LOG.add("call");
            if (++calls == 1) {
                throw new IOException("down");
            }
            return "placed";
        }
    }

    @EnableAsync
    @EnableCaching
    @EnableTransactionManagement
    @Configuration(proxyBeanMethods = false)
    static class OrdersConfiguration {
        @Bean
        Orders orders() {
            return new Orders();
        }

        @Bean
        PlatformTransactionManager transactions() {
            return new LoggedTransactions();
        }

        @Bean
        ConcurrentMapCacheManager caches() {
            return new ConcurrentMapCacheManager();
        }

        @Bean
        SimpleAsyncTaskExecutor taskExecutor() {
            return new SimpleAsyncTaskExecutor("async-");
        }
    }

    private final ApplicationContextRunner application =
            Contexts.application().withUserConfiguration(OrdersConfiguration.class);

    @Test
    void everyAttemptHasItsOwnTransaction() {
        LOG.clear();
        application.run(
                context -> {
                    assertThat(context.getBean(Orders.class).place()).isEqualTo("placed");
                    assertThat(LOG)
                            .containsExactly(
                                    "begin", "call", "roll back", "begin", "call", "commit");
                });
    }

    @Test
    void whatIsCachedIsNotRetried() {
        LOG.clear();
        application.run(
                context -> {
                    Orders orders = context.getBean(Orders.class);
                    assertThat(orders.find()).isEqualTo("placed");
                    assertThat(orders.find()).isEqualTo("placed");
                    assertThat(LOG).containsExactly("call", "call");
                });
    }

    @Test
    void theRetriesOfAnAsynchronousMethodRunOnItsExecutor() {
        LOG.clear();
        application.run(
                context -> {
                    assertThat(context.getBean(Orders.class).later().join()).isEqualTo("placed");
                    assertThat(LOG.get(0)).isEqualTo("async");
                    assertThat(LOG).filteredOn("call"::equals).hasSize(2);
                });
    }
}
