package dev.reprise.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Flow;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.Future;
import java.util.concurrent.SubmissionPublisher;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import kotlin.sequences.Sequence;
import kotlinx.coroutines.CompletableDeferred;
import kotlinx.coroutines.flow.SharedFlow;
import kotlinx.coroutines.flow.StateFlow;
import org.junit.jupiter.api.Test;

/**
 * Results whose work is done after the call: retried where that is possible, otherwise rejected.
 */
class RetryProxyLazyResultsTest {
    interface Lazy {
        @RetryWith(maxAttempts = 3)
        interface OfFuture {
            Future<String> get();
        }

        @RetryWith(maxAttempts = 3)
        interface OfTask {
            ForkJoinTask<String> get();
        }

        @RetryWith(maxAttempts = 3)
        interface OfPublisher {
            Flow.Publisher<String> get();
        }

        @RetryWith(maxAttempts = 3)
        interface OfSubmissions {
            SubmissionPublisher<String> get();
        }

        @RetryWith(maxAttempts = 3)
        interface OfStream {
            Stream<String> get();
        }

        @RetryWith(maxAttempts = 3)
        interface OfIterator {
            Iterator<String> get();
        }

        @RetryWith(maxAttempts = 3)
        interface OfSequence {
            Sequence<String> get();
        }

        @RetryWith(maxAttempts = 3)
        interface OfDeferred {
            CompletableDeferred<String> get();
        }

        @RetryWith(maxAttempts = 3)
        interface OfSharedFlow {
            SharedFlow<String> get();
        }

        @RetryWith(maxAttempts = 3)
        interface OfStateFlow {
            StateFlow<String> get();
        }
    }

    @Test
    void resultsWhoseFailureIsNotVisibleAreRejectedWithTheirSubtypes() {
        for (Class<?> type : Lazy.class.getDeclaredClasses()) {
            String message = refusal(type);
            String result = type.getMethods()[0].getReturnType().getName();
            assertTrue(message.contains("@RetryWith of " + type.getName() + ".get"), message);
            assertTrue(
                    message.contains(
                            "it returns "
                                    + result
                                    + ", whose failure a retry of the call cannot see"),
                    message);
            assertTrue(message.contains("supported are blocking methods, Completion"), message);
        }
    }

    private static <S> String refusal(Class<S> type) {
        S target =
                type.cast(
                        java.lang.reflect.Proxy.newProxyInstance(
                                type.getClassLoader(), new Class<?>[] {type}, (p, m, a) -> null));
        return String.valueOf(
                assertThrows(IllegalArgumentException.class, () -> RetryProxy.of(type, target))
                        .getMessage());
    }

    interface Source<T> {
        @RetryWith(maxAttempts = 3)
        T get() throws IOException;
    }

    interface FutureSource extends Source<CompletableFuture<String>> {}

    interface StreamSource extends Source<Stream<String>> {}

    private final AtomicInteger calls = new AtomicInteger();

    private CompletableFuture<String> failing() {
        return CompletableFuture.failedFuture(new IOException("call " + calls.incrementAndGet()));
    }

    @Test
    void theTypeArgumentDecidesNotItsErasure() throws Exception {
        FutureSource source = RetryProxy.of(FutureSource.class, this::failing);
        CompletionException e = assertThrows(CompletionException.class, () -> source.get().join());
        assertEquals("call 3", e.getCause().getMessage());
        assertTrue(refusal(StreamSource.class).contains("it returns java.util.stream.Stream"));
    }

    @Test
    void theTypeArgumentOfTheTargetDecidesWhereTheInterfaceHasNone() throws Exception {
        class Target implements Source<CompletableFuture<String>> {
            @Override
            public CompletableFuture<String> get() {
                return failing();
            }
        }
        @SuppressWarnings("unchecked")
        Source<CompletableFuture<String>> source = RetryProxy.of(Source.class, new Target());
        assertThrows(CompletionException.class, () -> source.get().join());
        assertEquals(3, calls.get());
    }

    @Test
    void whereNoTypeSaysItTheResultItselfDoes() {
        Source<Object> target = List.of("a")::stream;
        @SuppressWarnings("unchecked")
        Source<Object> source = RetryProxy.of(Source.class, target);
        String message = assertThrows(IllegalStateException.class, source::get).getMessage();
        assertTrue(message.contains("whose failure a retry of the call cannot see"), message);
    }
}
