package dev.reprise.samples.spring;

import dev.reprise.engine.StopSignal;
import dev.reprise.interop.Retries;
import dev.reprise.interop.Retryables;
import java.io.IOException;
import java.time.Duration;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

// readme:begin spring-beans
@Configuration(proxyBeanMethods = false)
class PriceConfiguration {
    @Bean
    StopSignal shutdown() {
        return new StopSignal();
    }

    @Bean
    SmartLifecycle stopRetriesFirst(StopSignal shutdown) {
        return new StopRetries(shutdown);
    }

    @Bean
    Retries reports(StopSignal shutdown) { // a retry to inject and to call
        return Retries.builder()
                .every(Duration.ofSeconds(60))
                .on(IOException.class)
                .stopWhen(shutdown)
                .build();
    }

    @Bean
    Prices prices(PriceClient client, StopSignal shutdown) { // an interface with retries
        return Retryables.wrap(Prices.class, client, shutdown);
    }
}
// readme:end
