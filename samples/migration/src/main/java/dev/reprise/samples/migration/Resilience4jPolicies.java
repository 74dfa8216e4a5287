package dev.reprise.samples.migration;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/**
 * Prints {@code resilience4j.retry} of a YAML file as {@code reprise.policies}, and what has no
 * notation as comments:
 *
 * <pre>java Resilience4jPolicies.java application.yaml</pre>
 */
public final class Resilience4jPolicies {
    private static final String RETRY = "resilience4j.retry.";
    private static final String INSTANCES = RETRY + "instances.";
    private static final String CONFIGS = RETRY + "configs.";

    private final Map<String, List<String>> yaml;
    private final List<String> leftOver = new ArrayList<>();

    private Resilience4jPolicies(Map<String, List<String>> yaml) {
        this.yaml = yaml;
    }

    public static void main(String[] arguments) throws IOException {
        convert(Files.readAllLines(Path.of(arguments[0]))).forEach(System.out::println);
    }

    /** Returns the lines of the converted file. */
    public static List<String> convert(List<String> lines) {
        return new Resilience4jPolicies(Yaml.flat(lines)).policies();
    }

    private List<String> policies() {
        List<String> result = new ArrayList<>(List.of("reprise:", "  policies:"));
        for (String name : names(INSTANCES)) {
            result.add("    " + name + ": " + notation(name, settings(name)));
        }
        if (!leftOver.isEmpty()) {
            result.add("# Not converted:");
            leftOver.forEach(line -> result.add("# " + line));
        }
        return result;
    }

    private TreeSet<String> names(String prefix) {
        TreeSet<String> names = new TreeSet<>();
        for (String key : yaml.keySet()) {
            if (key.startsWith(prefix)) {
                names.add(key.substring(prefix.length()).replaceFirst("\\..*", ""));
            }
        }
        return names;
    }

    /** The settings of an instance, over those of its base configuration. */
    private Map<String, List<String>> settings(String name) {
        Map<String, List<String>> own = below(INSTANCES + name + ".");
        List<String> base = own.remove("baseconfig");
        Map<String, List<String>> all =
                below(CONFIGS + (base == null ? "default" : base.get(0)) + ".");
        all.putAll(own);
        return all;
    }

    private Map<String, List<String>> below(String prefix) {
        Map<String, List<String>> found = new LinkedHashMap<>();
        yaml.forEach(
                (key, values) -> {
                    if (key.startsWith(prefix)) {
                        found.put(canonical(key.substring(prefix.length())), values);
                    }
                });
        return found;
    }

    /** As Spring binds properties: max-attempts, maxAttempts and MAX_ATTEMPTS are the same. */
    private static String canonical(String key) {
        return key.replaceAll("[-_]", "").toLowerCase(Locale.ROOT);
    }

    private String notation(String name, Map<String, List<String>> settings) {
        List<String> words = new ArrayList<>(List.of(schedule(settings)));
        if (isTrue(settings.remove("enablerandomizedwait"))) {
            words.add("jitter(" + first(settings, "randomizedwaitfactor", "0.5") + ")");
        } else if (words.get(0).startsWith("exponential")) {
            words.add("jitter(none)"); // there is none in Resilience4j unless it is enabled
        }
        words.add("maxAttempts(" + first(settings, "maxattempts", "3") + ")");
        exceptions(settings.remove("retryexceptions"), "on", words);
        exceptions(settings.remove("ignoreexceptions"), "unless", words);
        settings.forEach((key, values) -> leftOver.add(name + ": " + advice(key, values.get(0))));
        return String.join(" ", words);
    }

    private static String schedule(Map<String, List<String>> settings) {
        String wait = duration(first(settings, "waitduration", "500ms"));
        String factor = first(settings, "exponentialbackoffmultiplier", "1.5");
        List<String> max = settings.remove("exponentialmaxwaitduration");
        if (!isTrue(settings.remove("enableexponentialbackoff"))) {
            return "every(" + wait + ")";
        }
        String end = max == null ? "" : ", max=" + duration(max.get(0));
        return "exponential(" + wait + ", factor=" + factor + end + ")";
    }

    private static void exceptions(List<String> names, String word, List<String> words) {
        if (names != null) {
            names.forEach(name -> words.add(word + "(" + name + ")"));
        }
    }

    private static String advice(String key, String value) {
        return switch (key) {
            case "resultpredicate" ->
                    "result-predicate " + value + ": write onResult in code, or reject in the body";
            case "retryexceptionpredicate" ->
                    "retry-exception-predicate " + value + ": write on(type, predicate) in code";
            case "intervalbifunction", "intervalfunction" ->
                    "interval-function " + value + ": choose a schedule, or retryAfter in code";
            case "failaftermaxattempts" ->
                    Boolean.parseBoolean(value)
                            ? "fail-after-max-attempts: true is the default"
                            : "fail-after-max-attempts: write returnLastResult() in code";
            case "eventconsumerbuffersize" ->
                    "event-consumer-buffer-size " + value + ": declare a RetryListener for events";
            default -> key + " " + value + ": not known";
        };
    }

    private static String first(Map<String, List<String>> settings, String key, String otherwise) {
        List<String> values = settings.remove(key);
        return values == null ? otherwise : values.get(0);
    }

    private static boolean isTrue(List<String> values) {
        return values != null && Boolean.parseBoolean(values.get(0));
    }

    /** Spring reads 500, 500ms, 2s and PT2S. */
    private static String duration(String text) {
        if (!text.startsWith("P")) {
            return text.matches("\\d+") ? text + "ms" : text;
        }
        return Duration.parse(text).toMillis() + "ms";
    }

    /** As much of YAML as configuration files have: maps, lists, comments and quotes. */
    private static final class Yaml {
        private record Parent(int indent, String path) {}

        /** Returns the values by their paths, with dots between the keys. */
        static Map<String, List<String>> flat(List<String> lines) {
            Map<String, List<String>> values = new LinkedHashMap<>();
            Deque<Parent> parents = new ArrayDeque<>(List.of(new Parent(-1, "")));
            for (String line : lines) {
                String text = line.replaceFirst("(^|\\s)#.*", "").stripTrailing();
                int indent = text.length() - text.stripLeading().length();
                if (text.isBlank() || text.equals("---")) {
                    continue;
                }
                if (text.stripLeading().startsWith("- ")) {
                    while (parents.peek().indent() > indent) {
                        parents.pop();
                    }
                    add(values, parents.peek().path(), text.stripLeading().substring(2));
                    continue;
                }
                while (parents.peek().indent() >= indent) {
                    parents.pop();
                }
                String[] pair = text.strip().split(":\\s*", 2);
                String path = parents.peek().path() + unquoted(pair[0]);
                if (pair.length == 2 && !pair[1].isEmpty()) {
                    add(values, path, pair[1]);
                } else {
                    parents.push(new Parent(indent, path + "."));
                }
            }
            return values;
        }

        private static void add(Map<String, List<String>> values, String path, String text) {
            String key = path.endsWith(".") ? path.substring(0, path.length() - 1) : path;
            String items = text.startsWith("[") ? text.substring(1, text.length() - 1) : text;
            List<String> all = values.computeIfAbsent(key, k -> new ArrayList<>());
            (text.startsWith("[")
                            ? Arrays.stream(items.split(","))
                            : Arrays.stream(new String[] {items}))
                    .map(Yaml::unquoted)
                    .forEach(all::add);
        }

        private static String unquoted(String text) {
            return text.strip().replaceAll("^[\"']|[\"']$", "");
        }
    }
}
