package dev.reprise.samples.spring;

import dev.reprise.interop.RetryProxy;
import dev.reprise.interop.RetryRunner;
import dev.reprise.run.StopSignal;
import java.io.IOException;
import java.time.Duration;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

// docs:begin spring-beans
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
    RetryRunner reports(StopSignal shutdown) { // a retry to inject and to call
        return RetryRunner.builder()
                .every(Duration.ofSeconds(60))
                .on(IOException.class)
                .stopWhen(shutdown)
                .build();
    }

    @Bean
    Prices prices(PriceClient client, StopSignal shutdown) { // an interface with retries
        return RetryProxy.of(Prices.class, client, (method, builder) -> builder.stopWhen(shutdown));
    }
}
// docs:end
