package dev.reprise.interop;

import org.jspecify.annotations.Nullable;

/**
 * How a run ended, as a value.
 *
 * @param <T> the type of the result
 */
public sealed interface Outcome<T extends @Nullable Object> {
    /**
     * An attempt succeeded; or the run gave up on a result and {@code orLast()} says that it
     * counts.
     *
     * @param <T> the type of the result
     * @param value the result
     * @param attempts how many attempts were made, the last one included
     * @param report null unless the run gave up
     */
    record Success<T extends @Nullable Object>(T value, int attempts, @Nullable Report report)
            implements Outcome<T> {}

    /**
     * The run gave up.
     *
     * @param <T> the type of the result there would have been
     * @param failure what the throwing form would have thrown
     * @param report what the run did
     */
    record Failure<T extends @Nullable Object>(Throwable failure, Report report)
            implements Outcome<T> {}

    /**
     * Tells the two apart.
     *
     * @return true for a {@link Success}
     */
    default boolean isSuccess() {
        return this instanceof Success;
    }

    /**
     * Gets the value, or throws the failure as it is.
     *
     * @return the value
     * @throws Exception the failure
     */
    default T get() throws Exception {
        if (this instanceof Success<T> success) {
            return success.value();
        }
        throw Sneaky.raise(((Failure<T>) this).failure());
    }
}
