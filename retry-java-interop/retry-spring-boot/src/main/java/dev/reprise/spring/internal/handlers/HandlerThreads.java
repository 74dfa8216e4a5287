package dev.reprise.spring.internal.handlers;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.core.task.VirtualThreadTaskExecutor;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * The threads of handlers that block. No bean of type {@code Executor}: one would replace that of
 * the application.
 */
public final class HandlerThreads implements DisposableBean {
    private static final String PREFIX = "reprise-handler-";

    private final Executor executor;

    /** Threads of the platform, or virtual ones. */
    public HandlerThreads(boolean areVirtual) {
        executor = areVirtual ? new VirtualThreadTaskExecutor(PREFIX) : platformThreads();
    }

    private static ExecutorService platformThreads() {
        CustomizableThreadFactory threads = new CustomizableThreadFactory(PREFIX);
        threads.setDaemon(true);
        return Executors.newCachedThreadPool(threads); // the lanes limit how many there are
    }

    /** Returns what handlers run on. */
    public Executor executor() {
        return executor;
    }

    @Override
    public void destroy() {
        if (executor instanceof ExecutorService threads) {
            threads.shutdownNow();
        }
    }
}
