import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Makes a local repository for builds that use the artifacts of this one: links to everything in the user's local repository, so that
 * nothing is downloaded twice and offline builds work, and instead of dev.reprise what has just been built. Nothing of ours gets into the
 * user's repository.
 *
 * <p>Arguments: the user's repository and the one to make; before the builds also the root of this project and its version. After the
 * builds, groups that were new to the user's repository are copied there.
 */
public final class ConsumerRepository {
    private static final Pattern LIBRARY_MODULE = Pattern.compile("<module>((?:[\\w-]+/)*retry-[\\w-]+)</module>");

    public static void main(String[] args) throws IOException {
        Path user = Path.of(args[0]);
        Path repository = Path.of(args[1]);
        if (args.length > 2) {
            prepare(user, repository);
            install(Path.of(args[2]), repository.resolve("dev/reprise"), args[3]);
        } else {
            keep(repository, user, "dev");
            keep(repository.resolve("dev"), user.resolve("dev"), "reprise");
        }
    }

    private static void prepare(Path user, Path repository) throws IOException {
        Files.createDirectories(user.resolve("dev"));
        Files.createDirectories(repository.resolve("dev"));
        for (Path group : foldersOf(user, "dev")) {
            link(repository.resolve(group.getFileName()), group);
        }
        for (Path group : foldersOf(user.resolve("dev"), "reprise")) {
            link(repository.resolve("dev").resolve(group.getFileName()), group);
        }
    }

    private static void link(Path link, Path target) throws IOException {
        if (!Files.exists(link, LinkOption.NOFOLLOW_LINKS)) {
            Files.createSymbolicLink(link, target);
        }
    }

    /** The poms and jars of the root and of every library module that it lists. */
    private static void install(Path root, Path ours, String version) throws IOException {
        copy(root.resolve("pom.xml"), ours, "reprise", version, "pom");
        Matcher modules = LIBRARY_MODULE.matcher(Files.readString(root.resolve("pom.xml")));
        while (modules.find()) {
            Path module = root.resolve(modules.group(1));
            String artifact = module.getFileName().toString();
            Path flattened = module.resolve("target/flattened-pom.xml");
            copy(Files.exists(flattened) ? flattened : module.resolve("pom.xml"), ours, artifact, version, "pom");
            Path jar = module.resolve("target/" + artifact + "-" + version + ".jar");
            if (Files.exists(jar)) {
                requireVersion(jar, version);
                copy(jar, ours, artifact, version, "jar");
            }
        }
    }

    /** The configuration of one module can replace the manifest of all of them. */
    private static void requireVersion(Path jar, String version) throws IOException {
        try (JarFile file = new JarFile(jar.toFile())) {
            String named = file.getManifest().getMainAttributes().getValue("Implementation-Version");
            if (!version.equals(named)) {
                throw new IOException(jar + ": the Implementation-Version is " + named + ", not " + version);
            }
        }
    }

    private static void copy(Path file, Path ours, String artifact, String version, String type) throws IOException {
        Path folder = Files.createDirectories(ours.resolve(artifact).resolve(version));
        Files.copy(file, folder.resolve(artifact + "-" + version + "." + type), StandardCopyOption.REPLACE_EXISTING);
    }

    private static void keep(Path from, Path to, String except) throws IOException {
        for (Path group : foldersOf(from, except)) {
            Path kept = to.resolve(group.getFileName());
            if (!Files.isSymbolicLink(group) && !Files.exists(kept)) {
                try (Stream<Path> files = Files.walk(group)) {
                    for (Path file : (Iterable<Path>) files::iterator) {
                        Files.copy(file, kept.resolve(group.relativize(file).toString()));
                    }
                }
            }
        }
    }

    private static List<Path> foldersOf(Path parent, String except) throws IOException {
        try (Stream<Path> entries = Files.list(parent)) {
            return entries.filter(Files::isDirectory).filter(it -> !it.getFileName().toString().equals(except)).toList();
        }
    }
}
