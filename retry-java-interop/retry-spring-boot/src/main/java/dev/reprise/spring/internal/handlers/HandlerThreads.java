package dev.reprise.spring.internal.handlers;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.DisposableBean;

/**
 * The threads of handlers that block. No bean of type {@code Executor}: one would replace that of
 * the application.
 */
public final class HandlerThreads implements DisposableBean {
    private static final String PREFIX = "reprise-handler-";

    private final Executor executor;
    private final AtomicInteger count = new AtomicInteger();
    private final @Nullable ClassLoader application;

    /**
     * Threads of the platform, or virtual ones.
     *
     * @param application finds the classes of the application, also where those of libraries cannot
     */
    public HandlerThreads(boolean areVirtual, @Nullable ClassLoader application) {
        this.application = application;
        // The lanes limit how many there are.
        executor = areVirtual ? virtualThreads() : Executors.newCachedThreadPool(this::thread);
    }

    private Executor virtualThreads() {
        ThreadFactory threads = VirtualThreads.named(PREFIX);
        return task -> {
            Thread thread = threads.newThread(task);
            thread.setContextClassLoader(application);
            thread.start();
        };
    }

    /** Inherits nothing from the thread that happens to need it. */
    private Thread thread(Runnable task) {
        Thread thread = new Thread(null, task, PREFIX + count.incrementAndGet(), 0, false);
        thread.setDaemon(true);
        thread.setContextClassLoader(application);
        return thread;
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
