package dev.reprise.spring.internal;

import dev.reprise.spring.internal.setup.ConfigurationMistake;
import org.jspecify.annotations.Nullable;
import org.springframework.util.ClassUtils;

/** The starters, of which an application has one. */
final class Starters {
    private static final String BOOT3 = "dev.reprise.spring.boot3.Boot3AutoConfiguration";
    private static final String BOOT4 = "dev.reprise.spring.boot4.Boot4AutoConfiguration";

    private Starters() {}

    static void requireOne(@Nullable ClassLoader classes) {
        if (ClassUtils.isPresent(BOOT3, classes) && ClassUtils.isPresent(BOOT4, classes)) {
            throw new ConfigurationMistake(
                    "retry-spring-boot3-starter and retry-spring-boot4-starter are both on the"
                            + " class path: keep the one of your version of Spring Boot");
        }
    }
}
