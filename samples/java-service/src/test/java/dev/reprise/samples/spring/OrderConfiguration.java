package dev.reprise.samples.spring;

import dev.reprise.interop.queue.CallTarget;
import dev.reprise.interop.queue.DurableQueue;
import javax.sql.DataSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.annotation.EnableTransactionManagement;

// readme:begin spring-queue
@Configuration(proxyBeanMethods = false)
@EnableTransactionManagement
class OrderConfiguration {
    static final CallTarget<String, String> CHARGE = CallTarget.text("charge");

    @Bean(initMethod = "start", destroyMethod = "close") // close waits for running handlers
    DurableQueue queue(DataSource dataSource) {
        return DurableQueue.jdbc(dataSource)
                .migrate()
                .handle(CHARGE, order -> order + " charged")
                .build();
    }

    @Bean
    JdbcTransactionManager transactionManager(DataSource dataSource) {
        return new JdbcTransactionManager(dataSource);
    }
}
// readme:end
