package dev.reprise.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.queue.InMemoryCallStore;
import dev.reprise.queue.model.Target;
import dev.reprise.queue.spi.CallStore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.FilteredClassLoader;

/** An application that has nothing of what is optional. */
class LeanApplicationTest {
    static class Charges {
        @DurableHandler("charge")
        String charge(String order) {
            return order + " charged";
        }
    }

    @Test
    void everythingOptionalCanBeMissing() {
        Target<String, String> charge = Target.text("charge");
        Contexts.withQueue()
                .withClassLoader(
                        new FilteredClassLoader(
                                "org.springframework.boot.actuate",
                                "io.micrometer",
                                "org.springframework.security",
                                "org.springframework.jdbc",
                                "org.springframework.web",
                                "jakarta.servlet",
                                "dev.reprise.console",
                                "dev.reprise.micrometer",
                                "kotlin.reflect",
                                "reactor"))
                .withBean(CallStore.class, InMemoryCallStore::new)
                .withBean(Target.class, () -> charge)
                .withBean(Charges.class)
                .run(
                        context -> {
                            var call = context.getBean(QueueRunner.class).enqueue(charge, "7");
                            assertThat(call.resultAsync().get(10, TimeUnit.SECONDS))
                                    .isEqualTo("7 charged");
                            assertThat(context).doesNotHaveBean("repriseEndpoint");
                        });
    }
}
