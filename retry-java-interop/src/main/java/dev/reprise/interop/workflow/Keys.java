package dev.reprise.interop.workflow;

import dev.reprise.workflow.model.Key;

/** Names for the values that travel between tasks, with their types. */
public final class Keys {
    private Keys() {}

    /**
     * Makes a key. Of a generic type, the class is what is compared: {@code Key<List<String>> hosts
     * = Keys.of("hosts", List.class)}.
     *
     * @param <T> the type of the value
     * @param name unique among the values of a workflow, whatever their types
     * @param type its class
     * @return the key; a null value is not accepted
     */
    @SuppressWarnings("unchecked")
    public static <T> Key<T> of(String name, Class<? super T> type) {
        return (Key<T>) Key.of(name, type);
    }
}
