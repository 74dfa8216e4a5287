package dev.reprise.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.aot.generate.ClassNameGenerator;
import org.springframework.aot.generate.DefaultGenerationContext;
import org.springframework.aot.generate.GeneratedFiles.Kind;
import org.springframework.aot.generate.InMemoryGeneratedFiles;
import org.springframework.boot.test.util.TestPropertyValues;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.javapoet.ClassName;

class AotTest {
    @Test
    void theContextCanBeProcessedAheadOfTime(@TempDir Path folder) {
        try (var context = new AnnotationConfigApplicationContext()) {
            TestPropertyValues.of(
                            "reprise.policies.prices=maxAttempts(3)",
                            "reprise.queue.enabled=true",
                            "reprise.queue.sqlite=" + folder.resolve("calls.db"))
                    .applyTo(context);
            context.register(Contexts.configurations());
            context.register(RetryWithBeansTest.PricesConfiguration.class);
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
