package dev.reprise.spring.internal.console;

import dev.reprise.console.model.Payloads;
import dev.reprise.console.model.Stage;
import dev.reprise.spring.internal.setup.ConfigurationMistake;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The console.
 *
 * @param path Path of the console below that of the application, such as /ops/reprise. Without it
 *     there is no console.
 * @param readRole Role that sees the console and changes nothing.
 * @param operateRole Role that sees the console and can act.
 * @param openToEveryone Whether everybody who reaches the application can operate, without a role.
 * @param stage Where the calls run; every page shows it.
 * @param payloads Whether requests and responses are shown.
 */
@ConfigurationProperties("reprise.console")
public record ConsoleProperties(
        @DefaultValue("") String path,
        @Nullable String readRole,
        @Nullable String operateRole,
        @DefaultValue("false") boolean openToEveryone,
        @DefaultValue("development") Stage stage,
        @DefaultValue("hidden") Payloads payloads) {
    private static final Pattern PATH = Pattern.compile("(/[\\w.~-]+)+/?");

    /** The path without a slash at its end. */
    String mount() {
        if (!PATH.matcher(path).matches()) {
            throw new ConfigurationMistake(
                    "reprise.console.path must be a path such as /ops/reprise, but was '%s'"
                            .formatted(path));
        }
        return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }
}
