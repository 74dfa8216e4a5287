package dev.reprise.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.module.Configuration;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Interfaces in a named module that does not export their package. */
class RetryProxyModulesTest {
    private static final String SERVICE =
            """
            package hidden;

            public interface Service {
                @dev.reprise.interop.RetryWith(forever = true)
                String call();
            }
            """;

    @Test
    void anInterfaceThatCannotBeCalledIsRejected(@TempDir Path folder) throws Exception {
        Class<?> service = load(compile(folder));
        String message =
                assertThrows(IllegalArgumentException.class, () -> wrap(service)).getMessage();
        assertEquals(
                "cannot call hidden.Service.call: module closed neither exports nor opens the"
                        + " package hidden",
                message);
    }

    private static <S> S wrap(Class<S> service) {
        Object target =
                java.lang.reflect.Proxy.newProxyInstance(
                        service.getClassLoader(), new Class<?>[] {service}, (p, m, a) -> "called");
        return RetryProxy.of(service, service.cast(target));
    }

    private static Path compile(Path folder) throws IOException {
        Path sources = Files.createDirectories(folder.resolve("sources/hidden"));
        Path service = Files.writeString(sources.resolve("Service.java"), SERVICE);
        Path module =
                Files.writeString(folder.resolve("sources/module-info.java"), "module closed {}");
        Path classes = Files.createDirectories(folder.resolve("classes"));
        List<String> arguments =
                List.of(
                        "-proc:none",
                        "--add-reads=closed=ALL-UNNAMED",
                        "-d",
                        classes.toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        service.toString(),
                        module.toString());
        int result =
                ToolProvider.getSystemJavaCompiler()
                        .run(null, null, null, arguments.toArray(String[]::new));
        assertTrue(result == 0);
        return classes;
    }

    private static Class<?> load(Path classes) throws ClassNotFoundException {
        Configuration configuration =
                ModuleLayer.boot()
                        .configuration()
                        .resolve(ModuleFinder.of(classes), ModuleFinder.of(), Set.of("closed"));
        ModuleLayer.Controller controller =
                ModuleLayer.defineModulesWithOneLoader(
                        configuration,
                        List.of(ModuleLayer.boot()),
                        RetryProxyModulesTest.class.getClassLoader());
        Module closed = controller.layer().findModule("closed").orElseThrow();
        controller.addReads(closed, RetryProxyModulesTest.class.getModule());
        return Class.forName(closed, "hidden.Service");
    }
}
