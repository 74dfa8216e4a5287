

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jetbrains.kotlin.abi.tools.AbiFilters;
import org.jetbrains.kotlin.abi.tools.AbiTools;

/**
 * Compares the public API of the compiled classes with the checked-in dump, or renews the dump.
 *
 * <p>Arguments: folder of classes, dump file, "true" to renew.
 */
public final class AbiDump {
    private static final String RENEW = "mvn -B verify -Dapi.update=true -DskipTests";

    /** Public only because Java knows no packages inside packages; Kotlin's internals are left out anyway. */
    private static final Set<String> INTERNALS = Set.of("dev.reprise.spring.internal.**");

    public static void main(String[] args) throws IOException {
        Path classes = Path.of(args[0]);
        Path golden = Path.of(args[1]);
        boolean renew = Boolean.parseBoolean(args[2]);

        AbiTools tools = AbiTools.Companion.getInstance(AbiDump.class.getClassLoader());
        String dump = dump(tools, classes);

        if (renew) {
            Files.createDirectories(golden.getParent());
            Files.writeString(golden, dump);
            System.out.println("Public API written to " + golden);
            return;
        }
        if (!Files.exists(golden)) {
            fail("There is no public API dump at " + golden + ".");
        }
        Path actual = Files.createTempFile("api", ".api");
        try {
            Files.writeString(actual, dump);
            String diff = tools.filesDiff(golden.toFile(), actual.toFile());
            if (diff != null) {
                System.out.println(diff);
                fail("The public API differs from " + golden + " (- checked in, + compiled now).");
            }
        } finally {
            Files.delete(actual);
        }
    }

    private static String dump(AbiTools tools, Path classes) throws IOException {
        StringBuilder text = new StringBuilder();
        if (Files.isDirectory(classes)) {
            try (Stream<Path> files = Files.walk(classes)) {
                List<File> sorted =
                        files.filter(file -> file.toString().endsWith(".class"))
                                .filter(file -> !file.endsWith("module-info.class"))
                                .sorted()
                                .map(Path::toFile)
                                .toList();
                tools.printJvmDump(
                        text, sorted, new AbiFilters(Set.of(), INTERNALS, Set.of(), Set.of()));
            }
        }
        return text.toString();
    }

    private static void fail(String message) {
        System.out.println(message);
        System.out.println("If the change is meant, renew the dump, read its diff and commit it: " + RENEW);
        System.exit(1);
    }
}
