package dev.reprise.spring.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.mock.env.MockEnvironment;

class GracesTest {
    @ParameterizedTest
    @CsvSource({"30s, PT20S", "60s, PT50S", "12s, PT6S", "500ms, PT0.25S"})
    void tenSecondsOfThePhaseAreForWritingResultsButAtMostHalf(String phase, String grace) {
        MockEnvironment environment =
                new MockEnvironment()
                        .withProperty("spring.lifecycle.timeout-per-shutdown-phase", phase);
        assertThat(Graces.of(environment)).hasToString(grace);
    }
}
