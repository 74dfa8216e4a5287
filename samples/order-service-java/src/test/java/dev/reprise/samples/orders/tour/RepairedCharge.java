package dev.reprise.samples.orders.tour;

import dev.reprise.interop.queue.BlockingHandler;
import dev.reprise.interop.queue.HandlerContext;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A handler as it stands in a jar of its own. */
public final class RepairedCharge implements BlockingHandler<String, String> {
    @Override
    public String handle(HandlerContext call, String order) {
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
