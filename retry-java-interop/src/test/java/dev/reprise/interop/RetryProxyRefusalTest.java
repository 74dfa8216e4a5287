package dev.reprise.interop;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Annotations with missing, conflicting or invalid settings. */
class RetryProxyRefusalTest {
    interface NoEnd {
        @RetryWith(every = "1s")
        void go();
    }

    interface TwoCounts {
        @RetryWith(maxRetries = 3, maxAttempts = 3)
        void go();
    }

    interface BadDuration {
        @RetryWith(every = "60 seconds", maxRetries = 3)
        void go();
    }

    interface BadOrder {
        @RetryWith(every = "30s1m", maxRetries = 3)
        void go();
    }

    interface MaxAlone {
        @RetryWith(max = "60s", maxRetries = 3)
        void go();
    }

    interface TwoSchedules {
        @RetryWith(every = "60s", exponential = "1s", maxRetries = 3)
        void go();
    }

    interface TwoPolicies {
        @RetryWith(value = "every(1s) maxAttempts(2)", every = "60s")
        void go();
    }

    interface BadNotation {
        @RetryWith("evry(1s)")
        void go();
    }

    interface Deferred {
        @RetryWith(maxRetries = 3)
        Future<String> go();
    }

    interface Nothing {
        void go();
    }

    private static final Map<Class<?>, String> REFUSED =
            Map.of(
                    NoEnd.class, "This policy never ends. Add maxAttempts(n)",
                    TwoCounts.class, "maxAttempts(3) contradicts maxRetries(3)",
                    BadDuration.class, "expected a single word",
                    BadOrder.class,
                            "expected a duration such as 250ms, 1.5s or 1m30s, no finer than a nanosecond, but was '30s1m'",
                    MaxAlone.class, "factor and max need exponential",
                    TwoSchedules.class, "contradicts every",
                    TwoPolicies.class, "contradicts",
                    BadNotation.class, "evry",
                    Deferred.class, "it returns java.util.concurrent.Future");

    @Test
    void badAnnotationsAreRejectedWhenWrappingAndTheMethodIsNamed() {
        REFUSED.forEach(
                (type, says) -> {
                    String message = refusal(type);
                    assertTrue(message.contains(says), message);
                    assertTrue(
                            message.contains("@RetryWith of " + type.getName() + ".go"), message);
                });
        assertTrue(refusal(Nothing.class).contains("has a method with @RetryWith"));
        assertTrue(refusal(String.class).contains("is not an interface"));
    }

    private static <S> String refusal(Class<S> type) {
        S target =
                type.isInterface()
                        ? type.cast(
                                java.lang.reflect.Proxy.newProxyInstance(
                                        type.getClassLoader(),
                                        new Class<?>[] {type},
                                        (proxy, method, arguments) -> null))
                        : type.cast("");
        return String.valueOf(
                assertThrows(IllegalArgumentException.class, () -> RetryProxy.of(type, target))
                        .getMessage());
    }
}
