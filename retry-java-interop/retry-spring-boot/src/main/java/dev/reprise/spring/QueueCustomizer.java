package dev.reprise.spring;

import dev.reprise.interop.queue.QueueRunner;

/**
 * Changes the settings of the queue that have no property, as a bean. Customizers run in their
 * order, after the properties and the handlers.
 */
@FunctionalInterface
public interface QueueCustomizer {
    /**
     * Changes settings.
     *
     * @param builder of the queue, with the settings of {@code reprise.queue}
     */
    void customize(QueueRunner.Builder builder);
}
