package dev.reprise.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Where an annotation can be: it takes effect, or is rejected. */
class RetryWithPlacesTest {
    private final AtomicInteger calls = new AtomicInteger();

    private String fail() throws IOException {
        throw new IOException("call " + calls.incrementAndGet());
    }

    private int callsOf(Call call) {
        calls.set(0);
        assertThrows(IOException.class, call::run);
        return calls.get();
    }

    private interface Call {
        void run() throws IOException;
    }

    interface Base<T> {
        @RetryWith(maxAttempts = 3)
        String find(T key) throws IOException;

        @RetryWith(maxAttempts = 4)
        Object other() throws IOException;
    }

    interface Users extends Base<String> {
        @Override
        String find(String key) throws IOException;

        @Override
        String other() throws IOException;
    }

    private final class AllUsers implements Users {
        @Override
        public String find(String key) throws IOException {
            return fail();
        }

        @Override
        public String other() throws IOException {
            return fail();
        }
    }

    @Test
    void anOverridingMethodKeepsTheAnnotationAndABridgeIsTheSameMethod() {
        List<Method> customized = new ArrayList<>();
        Users users =
                RetryProxy.of(Users.class, new AllUsers(), (method, b) -> customized.add(method));
        Base<String> base = users;
        assertEquals(3, callsOf(() -> users.find("a")));
        assertEquals(3, callsOf(() -> base.find("a")));
        assertEquals(4, callsOf(users::other));
        assertEquals(4, callsOf(base::other));
        assertEquals(2, customized.size());
        assertTrue(customized.stream().allMatch(m -> m.getDeclaringClass() == Users.class));
    }

    interface Plain {
        String go() throws IOException;

        String stop() throws IOException;
    }

    class OnMethod implements Plain {
        @RetryWith(maxAttempts = 2)
        @Override
        public String go() throws IOException {
            return fail();
        }

        @Override
        public String stop() throws IOException {
            return fail();
        }
    }

    final class Inheriting extends OnMethod {}

    @RetryWith(maxAttempts = 5)
    final class OnClass extends OnMethod {}

    @Test
    void theClassOfTheTargetCanHaveIt() {
        Plain onMethod = RetryProxy.of(Plain.class, new Inheriting());
        assertEquals(2, callsOf(onMethod::go));
        assertEquals(1, callsOf(onMethod::stop));
        Plain onClass = RetryProxy.of(Plain.class, new OnClass());
        assertEquals(2, callsOf(onClass::go));
        assertEquals(5, callsOf(onClass::stop));
    }

    interface Gen<T> {
        String get(T key) throws IOException;
    }

    final class OfString implements Gen<String> {
        @RetryWith(maxAttempts = 6)
        @Override
        public String get(String key) throws IOException {
            return fail();
        }
    }

    @Test
    void theMethodOfTheTargetCanHaveOtherErasedParameters() {
        @SuppressWarnings("unchecked")
        Gen<String> gen = RetryProxy.of(Gen.class, new OfString());
        assertEquals(6, callsOf(() -> gen.get("a")));
    }

    @Retention(RetentionPolicy.RUNTIME)
    @RetryWith(maxAttempts = 7)
    @interface Patient {}

    @Retention(RetentionPolicy.RUNTIME)
    @Patient
    @interface VeryPatient {}

    @Retention(RetentionPolicy.RUNTIME)
    @RetryWith(maxAttempts = 2)
    @interface Hasty {}

    @Hasty
    interface Composed {
        @VeryPatient
        String go() throws IOException;

        String stop() throws IOException;

        @Patient
        @RetryWith(maxAttempts = 3)
        String both() throws IOException;
    }

    @Test
    void anAnnotationCanBeComposed() {
        Composed target = composed();
        Composed composed = RetryProxy.of(Composed.class, target);
        assertEquals(7, callsOf(composed::go));
        assertEquals(2, callsOf(composed::stop));
        assertEquals(3, callsOf(composed::both));
    }

    private Composed composed() {
        return new Composed() {
            @Override
            public String go() throws IOException {
                return fail();
            }

            @Override
            public String stop() throws IOException {
                return fail();
            }

            @Override
            public String both() throws IOException {
                return fail();
            }
        };
    }

    interface Torn {
        @Patient
        @Hasty
        void go();
    }

    static class NotOfInterface implements Runnable {
        @Override
        @RetryWith(maxAttempts = 2)
        public void run() {}

        @RetryWith(maxAttempts = 2)
        public void other() {}
    }

    static class Private implements Runnable {
        @Override
        @RetryWith(maxAttempts = 2)
        public void run() {}

        @RetryWith(maxAttempts = 2)
        private void hidden() {}
    }

    interface WithStatic {
        @RetryWith(maxAttempts = 2)
        void go();

        @RetryWith(maxAttempts = 2)
        static void of() {}
    }

    @Test
    void anAnnotationWithoutEffectIsRejected() {
        assertRejected(Torn.class, () -> {}, "two annotations composed with @RetryWith; keep one");
        assertRejected(
                Runnable.class,
                new NotOfInterface(),
                "@RetryWith of "
                        + NotOfInterface.class.getName()
                        + ".other: no interface of "
                        + NotOfInterface.class.getName()
                        + " declares the method, so the annotation has no effect");
        assertRejected(Runnable.class, new Private(), ".hidden: the method is private");
        assertRejected(WithStatic.class, () -> {}, ".of: the method is static");
    }

    private static <S> void assertRejected(Class<S> type, S target, String says) {
        String message =
                assertThrows(IllegalArgumentException.class, () -> RetryProxy.of(type, target))
                        .getMessage();
        assertTrue(String.valueOf(message).contains(says), message);
    }
}
