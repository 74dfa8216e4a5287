package dev.reprise.spring.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reprise.interop.RetryWith;
import dev.reprise.spring.internal.EndpointAutoConfiguration;
import dev.reprise.spring.internal.RepriseAutoConfiguration;
import dev.reprise.spring.internal.RepriseQueueAutoConfiguration;
import dev.reprise.spring.internal.WorkflowsAutoConfiguration;
import dev.reprise.spring.internal.handlers.JsonAutoConfiguration;
import dev.reprise.spring.internal.metrics.MetricsAutoConfiguration;
import io.micrometer.observation.ObservationRegistry;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.aot.generate.ClassNameGenerator;
import org.springframework.aot.generate.DefaultGenerationContext;
import org.springframework.aot.generate.GeneratedFiles.Kind;
import org.springframework.aot.generate.InMemoryGeneratedFiles;
import org.springframework.boot.test.util.TestPropertyValues;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.javapoet.ClassName;

/** What {@code spring-boot:process-aot} does with an application, without a native build. */
class AotTest {
    @Configuration(proxyBeanMethods = false)
    static class Application {
        @Bean
        Prices prices() {
            return new Prices();
        }

        @Bean
        ObservationRegistry observations() {
            return ObservationRegistry.create();
        }
    }

    static class Prices {
        @RetryWith("prices")
        public String price() {
            return "42 EUR";
        }
    }

    @Test
    void theContextCanBeProcessedAheadOfTime(@TempDir Path folder) {
        try (var context = new AnnotationConfigApplicationContext()) {
            TestPropertyValues.of(
                            "reprise.policies.prices=maxAttempts(3)",
                            "reprise.queue.enabled=true",
                            "reprise.workflows.enabled=true",
                            "reprise.queue.sqlite=" + folder.resolve("calls.db"))
                    .applyTo(context);
            context.register(
                    Application.class,
                    RepriseAutoConfiguration.class,
                    JsonAutoConfiguration.class,
                    RepriseQueueAutoConfiguration.class,
                    WorkflowsAutoConfiguration.class,
                    MetricsAutoConfiguration.class,
                    EndpointAutoConfiguration.class);
            InMemoryGeneratedFiles files = new InMemoryGeneratedFiles();
            DefaultGenerationContext generation =
                    new DefaultGenerationContext(
                            new ClassNameGenerator(ClassName.get(AotTest.class)), files);
            new ApplicationContextAotGenerator().processAheadOfTime(context, generation);
            generation.writeGeneratedContent();
            assertThat(files.getGeneratedFiles(Kind.SOURCE)).isNotEmpty();
        }
    }
}
