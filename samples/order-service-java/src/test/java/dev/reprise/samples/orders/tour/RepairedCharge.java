package dev.reprise.samples.orders.tour;

import dev.reprise.interop.function.BlockingHandler;
import dev.reprise.queue.model.CallContext;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A handler that comes in a separate jar. */
public final class RepairedCharge implements BlockingHandler<String, String> {
    @Override
    public String handle(CallContext call, String order) {
        return order + " charged by version " + version();
    }

    @Override
    public int version() {
        return 3;
    }

    /** Puts the class file into a folder, as a build would. */
    static void putInto(Path folder) throws IOException, URISyntaxException {
        Class<?> type = RepairedCharge.class;
        String file = type.getName().replace('.', '/') + ".class";
        Path compiled =
                Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI())
                        .resolve(file);
        Path target = folder.resolve("classes").resolve(file);
        Files.createDirectories(target.getParent());
        Files.copy(compiled, target);
    }
}
