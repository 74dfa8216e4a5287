package dev.reprise.interop;

import dev.reprise.interop.function.ThrowingCallable;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** Fails a number of times, each time with a new failure, then returns the number of the call. */
final class Flaky implements ThrowingCallable<Integer, IOException> {
    final AtomicInteger calls = new AtomicInteger();
    private final int failures;

    private Flaky(int failures) {
        this.failures = failures;
    }

    static Flaky failing(int failures) {
        return new Flaky(failures);
    }

    static Flaky always() {
        return new Flaky(Integer.MAX_VALUE);
    }

    @Override
    public Integer call() throws IOException {
        int call = calls.incrementAndGet();
        if (call <= failures) {
            throw new IOException("failure " + call);
        }
        return call;
    }

    CompletableFuture<Integer> callAsync() {
        try {
            return CompletableFuture.completedFuture(call());
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    int count() {
        return calls.get();
    }
}
