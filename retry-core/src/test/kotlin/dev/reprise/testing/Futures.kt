package dev.reprise.testing

import java.util.concurrent.CompletableFuture

/** How the future has ended; fails if it has not. Newer JDKs wrap the thrown cancellation in another: read it instead. */
internal fun CompletableFuture<*>.failure(): Throwable? {
    check(isDone) { "the future never completes" }
    return handle { _, failure: Throwable? -> failure }.join()
}
