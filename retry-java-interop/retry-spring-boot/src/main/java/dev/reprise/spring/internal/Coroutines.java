package dev.reprise.spring.internal;

import kotlin.coroutines.Continuation;
import kotlin.coroutines.EmptyCoroutineContext;
import kotlinx.coroutines.BuildersKt;
import org.jspecify.annotations.Nullable;

/** Suspend functions of the core, called from threads that can block. */
final class Coroutines {
    private Coroutines() {}

    /** A suspend function as Java sees it. */
    @FunctionalInterface
    interface Suspending {
        @Nullable Object call(Continuation<? super kotlin.Unit> caller);
    }

    static void run(Suspending function) {
        try {
            BuildersKt.<kotlin.Unit>runBlocking(
                    EmptyCoroutineContext.INSTANCE, (scope, caller) -> function.call(caller));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
