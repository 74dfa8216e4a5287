package dev.reprise.spring.internal.handlers;

import dev.reprise.spring.internal.setup.ConfigurationMistake;
import java.util.List;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;

/** Rejects handlers where no queue would call them. */
public final class HandlersWithoutQueue implements SmartInitializingSingleton {
    private final ConfigurableListableBeanFactory beans;

    /** Looks at {@code beans} when all are there. */
    public HandlersWithoutQueue(ConfigurableListableBeanFactory beans) {
        this.beans = beans;
    }

    @Override
    public void afterSingletonsInstantiated() {
        List<String> found = HandlerScan.of(beans).stream().map(HandlerMethod::toString).toList();
        if (!found.isEmpty()) {
            throw new ConfigurationMistake(
                    "there are handlers of durable calls, but no queue: %s; set reprise.queue.enabled=true"
                            .formatted(String.join(", ", found)));
        }
    }
}
