package dev.reprise.testing

import java.util.concurrent.CompletableFuture

/** How the future has ended; fails if it has not. Newer JDKs throw a cancellation wrapped in another: it is asked for, not thrown. */
internal fun CompletableFuture<*>.failure(): Throwable? {
    check(isDone) { "the future never completes" }
    return handle { _, failure: Throwable? -> failure }.join()
}
