package dev.reprise.testing

import java.util.concurrent.CancellationException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionException

/** How the future has ended; fails if it has not. */
internal fun CompletableFuture<*>.failure(): Throwable? {
    check(isDone) { "the future never completes" }
    return try {
        getNow(null).let { null }
    } catch (e: CompletionException) {
        e.cause
    } catch (e: CancellationException) {
        e
    }
}
