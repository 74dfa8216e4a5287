package dev.reprise.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.queue.model.Target;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.Arrays;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

/** {@code kotlinx-coroutines-test} is optional: without it only {@link VirtualTime} is missing. */
class HiddenTestLibraryTest {
    interface Service {
        @RetryWith(maxAttempts = 3)
        int call() throws IOException;
    }

    /**
     * Uses all of the facade but {@link VirtualTime}; also reads the signatures, as frameworks do.
     */
    public static final class Tour implements Callable<Integer> {
        @Override
        public Integer call() throws Exception {
            RetryRunner retries = RetryRunner.builder().maxAttempts(3).build();
            int sum = retries.call(Flaky.failing(1)) + retries.supplyAsync(Flaky.failing(1)).get();
            Service service = RetryProxy.of(Service.class, Flaky.failing(2)::call);
            try (QueueRunner queue = queue()) {
                sum += Integer.parseInt(queue.enqueue(COUNT, "4").resultAsync().get());
            }
            QueueRunner.class.getMethods();
            RetryRunner.class.getMethods();
            RetryRunner.Builder.class.getMethods();
            return sum + service.call();
        }

        private static final Target<String, String> COUNT = Target.text("count");

        private static QueueRunner queue() {
            return QueueRunner.inMemory().handle(COUNT, number -> number).build().start();
        }
    }

    /** Needs the hidden library. */
    public static final class Detour implements Callable<Object> {
        @Override
        public Object call() {
            return new VirtualTime();
        }
    }

    private static Object run(Class<?> task) throws Exception {
        URL[] others =
                Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                        .filter(path -> !path.contains("kotlinx-coroutines-test"))
                        .map(HiddenTestLibraryTest::url)
                        .toArray(URL[]::new);
        try (URLClassLoader loader =
                new URLClassLoader(others, ClassLoader.getPlatformClassLoader())) {
            Object hidden = loader.loadClass(task.getName()).getDeclaredConstructor().newInstance();
            return hidden.getClass().getMethod("call").invoke(hidden);
        }
    }

    private static URL url(String path) {
        try {
            return new File(path).toURI().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void everythingElseWorksWithoutIt() throws Exception {
        assertEquals(2 + 2 + 3 + 4, run(Tour.class));
    }

    @Test
    void itIsReallyHidden() {
        InvocationTargetException e =
                assertThrows(InvocationTargetException.class, () -> run(Detour.class));
        assertInstanceOf(NoClassDefFoundError.class, e.getCause());
    }
}
