package dev.reprise.spring.test;

import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.queue.model.Call;
import dev.reprise.queue.model.CallContext;
import dev.reprise.spring.internal.handlers.HandlerProbe;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import org.springframework.beans.factory.ObjectProvider;

/** Moves the time of a {@link RepriseTest}, and shows what its queue has done. */
public final class RepriseTester {
    private final VirtualTime time;
    private final ObjectProvider<QueueRunner> queue;
    private final Map<String, Set<String>> attempted = new HashMap<>();
    private final Map<String, Queue<Exception>> failures = new HashMap<>();

    RepriseTester(VirtualTime time, ObjectProvider<QueueRunner> queue) {
        this.time = time;
        this.queue = queue;
    }

    /**
     * Lets {@code duration} pass, and runs what becomes due.
     *
     * @param duration not negative
     */
    public void advanceBy(Duration duration) {
        time.advanceBy(duration);
    }

    /** Runs the calls that are due now. */
    public void runDue() {
        advanceBy(Duration.ZERO);
    }

    /**
     * {@return the calls of a handler that have been attempted, in the sequence of their first
     * attempts, as they are now}
     *
     * @param handler its name
     */
    public synchronized List<Call> calls(String handler) {
        return attempted.getOrDefault(handler, Set.of()).stream()
                .map(queue.getObject()::find)
                .filter(Objects::nonNull)
                .toList();
    }

    /**
     * Lets the next attempt of a handler fail, without calling it. Several failures are for as many
     * attempts.
     *
     * @param handler its name
     * @param failure what the attempt throws
     */
    public synchronized void failNext(String handler, Exception failure) {
        failures.computeIfAbsent(handler, name -> new ArrayDeque<>()).add(failure);
    }

    HandlerProbe probe() {
        return this::before;
    }

    private synchronized void before(CallContext context) throws Exception {
        String handler = context.getCall().getHandler();
        attempted.computeIfAbsent(handler, name -> new LinkedHashSet<>()).add(context.getCid());
        Queue<Exception> planned = failures.get(handler);
        Exception failure = planned == null ? null : planned.poll();
        if (failure != null) {
            throw failure;
        }
    }
}
