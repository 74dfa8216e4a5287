package dev.reprise.spring.internal;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import kotlin.ResultKt;
import kotlin.Unit;
import kotlin.coroutines.Continuation;
import kotlin.coroutines.CoroutineContext;
import kotlin.coroutines.EmptyCoroutineContext;
import kotlin.coroutines.intrinsics.IntrinsicsKt;
import org.jspecify.annotations.Nullable;

/** Suspend functions of the core, called from threads that can block. */
final class Coroutines {
    private Coroutines() {}

    /** A suspend function as Java sees it. */
    @FunctionalInterface
    interface Suspending {
        @Nullable Object call(Continuation<? super Unit> caller);
    }

    /** Calls {@code function} and waits for its end; what it throws is thrown unchanged. */
    static void run(Suspending function) {
        Ended ended = new Ended(new CompletableFuture<>());
        if (function.call(ended) != IntrinsicsKt.getCOROUTINE_SUSPENDED()) {
            return;
        }
        try {
            ended.future.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : e;
        }
    }

    private record Ended(CompletableFuture<Unit> future) implements Continuation<Unit> {
        @Override
        public CoroutineContext getContext() {
            return EmptyCoroutineContext.INSTANCE;
        }

        @Override
        public void resumeWith(Object result) {
            try {
                ResultKt.throwOnFailure(result);
                future.complete(Unit.INSTANCE);
            } catch (Throwable e) {
                future.completeExceptionally(e);
            }
        }
    }
}
