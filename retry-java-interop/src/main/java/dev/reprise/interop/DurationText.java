package dev.reprise.interop;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads durations as annotations write them: {@code 250ms}, {@code 1m30s}, {@code 1.5s}, {@code
 * 3d}.
 */
final class DurationText {
    private static final Pattern PART = Pattern.compile("(\\d+(?:\\.\\d+)?)(d|h|ms|m|us|ns|s)");
    private static final Duration LONGEST = Duration.ofSeconds(Long.MAX_VALUE);

    private DurationText() {}

    /**
     * The duration that {@code text} writes; {@code what} stands in the message if it writes none.
     */
    static Duration parse(String what, String text) {
        BigDecimal nanos = BigDecimal.ZERO;
        long unitBefore = Long.MAX_VALUE;
        int end = 0;
        Matcher part = PART.matcher(text);
        while (end < text.length()) {
            if (!part.find() || part.start() != end || unit(part.group(2)) >= unitBefore) {
                throw refused(what, text);
            }
            unitBefore = unit(part.group(2));
            nanos =
                    nanos.add(
                            new BigDecimal(part.group(1)).multiply(BigDecimal.valueOf(unitBefore)));
            end = part.end();
        }
        if (end == 0 || nanos.stripTrailingZeros().scale() > 0) {
            throw refused(what, text);
        }
        BigDecimal[] seconds = nanos.divideAndRemainder(BigDecimal.valueOf(1_000_000_000));
        return seconds[0].compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) >= 0
                ? LONGEST
                : Duration.ofSeconds(seconds[0].longValueExact(), seconds[1].longValueExact());
    }

    private static long unit(String symbol) {
        return switch (symbol) {
            case "d" -> 86_400_000_000_000L;
            case "h" -> 3_600_000_000_000L;
            case "m" -> 60_000_000_000L;
            case "s" -> 1_000_000_000L;
            case "ms" -> 1_000_000L;
            case "us" -> 1_000L;
            default -> 1L;
        };
    }

    private static IllegalArgumentException refused(String what, String text) {
        return new IllegalArgumentException(
                what
                        + " = \""
                        + text
                        + "\" is no duration; write a number and a unit: 250ms, 60s, 1m30s, 5m, 1h, 3d");
    }
}
