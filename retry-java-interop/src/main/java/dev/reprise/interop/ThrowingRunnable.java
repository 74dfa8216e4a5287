package dev.reprise.interop;

/** A body without a result. */
@FunctionalInterface
public interface ThrowingRunnable {
    /**
     * Makes one attempt.
     *
     * @throws Exception if the attempt fails
     */
    void run() throws Exception;
}
