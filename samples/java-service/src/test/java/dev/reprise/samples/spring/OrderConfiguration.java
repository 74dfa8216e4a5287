package dev.reprise.samples.spring;

import dev.reprise.interop.queue.CallTarget;
import dev.reprise.interop.queue.QueueRunner;
import javax.sql.DataSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.annotation.EnableTransactionManagement;

// docs:begin spring-queue
@Configuration(proxyBeanMethods = false)
@EnableTransactionManagement
class OrderConfiguration {
    static final CallTarget<String, String> CHARGE = CallTarget.text("charge");

    @Bean(initMethod = "start", destroyMethod = "close") // close waits for running handlers
    QueueRunner queue(DataSource dataSource) {
        return QueueRunner.jdbc(dataSource)
                .migrate()
                .handle(CHARGE, order -> order + " charged")
                .build();
    }

    @Bean
    JdbcTransactionManager transactionManager(DataSource dataSource) {
        return new JdbcTransactionManager(dataSource);
    }
}
// docs:end
