package dev.reprise.samples.kafka;

import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.kafka.spring.DurableRecoverer;
import dev.reprise.queue.model.Target;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.BinaryOperator;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.annotation.EnableKafka;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.config.ConcurrentKafkaListenerContainerFactory;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.util.backoff.FixedBackOff;

/** Charges the orders of a topic with a listener of Spring, in the order of each customer. */
@Configuration(proxyBeanMethods = false)
@EnableKafka
public class SpringShop {
    private static final Target<String, String> CHARGE = Target.text("charge");
    private final Map<String, Object> consumerConfig;
    private final Path calls;
    private final BinaryOperator<String> gateway;

    public SpringShop(
            Map<String, Object> consumerConfig, Path calls, BinaryOperator<String> gateway) {
        this.consumerConfig = consumerConfig;
        this.calls = calls;
        this.gateway = gateway;
    }

    @Bean
    ConsumerFactory<String, String> consumers() {
        var text = new StringDeserializer();
        return new DefaultKafkaConsumerFactory<>(consumerConfig, text, text);
    }

    // docs:begin kafka-spring
    @Bean
    QueueRunner queue() {
        return QueueRunner.open(calls)
                .handle(CHARGE, (context, order) -> charge(order, context.getCall().getUniqueKey()))
                .build()
                .start();
    }

    @Bean
    DurableRecoverer recoverer(QueueRunner queue) {
        return DurableRecoverer.of(
                queue.asRetryQueue(),
                r ->
                        r.topic(
                                "orders",
                                CHARGE,
                                t -> t.policy("exponential(1s, max=1h) maxAttempts(100)")));
    }

    @Bean
    ConcurrentKafkaListenerContainerFactory<String, String> kafkaListenerContainerFactory(
            ConsumerFactory<String, String> consumers, DurableRecoverer recoverer) {
        var factory = new ConcurrentKafkaListenerContainerFactory<String, String>();
        factory.setConsumerFactory(consumers);
        // Two attempts while the partition waits; then the record is a call, and only its key waits
        factory.setCommonErrorHandler(recoverer.errorHandler(new FixedBackOff(200, 1)));
        factory.setRecordInterceptor(recoverer.interceptor());
        return factory;
    }

    @KafkaListener(topics = "orders", groupId = "spring")
    void onOrder(ConsumerRecord<String, String> order) {
        charge(order.value(), DurableRecoverer.uniqueKey("spring", order));
    }

    /** In place and as a call, with the same key. */
    private String charge(String order, String idempotencyKey) {
        return gateway.apply(order, idempotencyKey);
    }
    // docs:end
}
