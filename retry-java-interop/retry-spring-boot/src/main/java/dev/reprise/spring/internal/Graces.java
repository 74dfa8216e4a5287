package dev.reprise.spring.internal;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.Environment;

/** How long running handlers can take to end when the application stops. */
final class Graces {
    private static final String PHASE = "spring.lifecycle.timeout-per-shutdown-phase";
    private static final Duration RESERVED = Duration.ofSeconds(10);

    private Graces() {}

    /** Results are written after the grace, within the phase: 10 s are for that, at most half. */
    static Duration of(Environment environment) {
        Duration phase =
                Binder.get(environment).bind(PHASE, Duration.class).orElse(Duration.ofSeconds(30));
        Duration half = phase.dividedBy(2);
        Duration rest = phase.minus(RESERVED);
        return rest.compareTo(half) > 0 ? rest : half;
    }
}
