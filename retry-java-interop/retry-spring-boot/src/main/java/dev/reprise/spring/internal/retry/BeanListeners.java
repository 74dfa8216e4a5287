package dev.reprise.spring.internal.retry;

import dev.reprise.run.RetryEvent;
import dev.reprise.run.RetryListener;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;

/**
 * The listeners of the application. They are created when the first run has an event: a bean that
 * is retried does not need them to be created before it.
 */
final class BeanListeners implements RetryListener {
    private final ObjectProvider<RetryListener> beans;
    private volatile @Nullable List<RetryListener> listeners;

    private BeanListeners(ObjectProvider<RetryListener> beans) {
        this.beans = beans;
    }

    /** Returns null if there are none: a retry without listeners has no events. */
    static @Nullable RetryListener of(ConfigurableListableBeanFactory beans) {
        return beans.getBeanNamesForType(RetryListener.class, true, false).length == 0
                ? null
                : new BeanListeners(beans.getBeanProvider(RetryListener.class));
    }

    @Override
    public void onEvent(RetryEvent event) {
        List<RetryListener> all = listeners;
        if (all == null) {
            all = beans.orderedStream().toList();
            listeners = all;
        }
        all.forEach(listener -> listener.onEvent(event));
    }
}
