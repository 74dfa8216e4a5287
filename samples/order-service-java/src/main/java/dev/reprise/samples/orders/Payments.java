package dev.reprise.samples.orders;

import java.util.concurrent.CompletionStage;

/** Takes the money for orders. */
@FunctionalInterface
interface Payments {
    /**
     * Returns the receipt. Called again with the same key, it returns the same receipt and charges
     * nothing.
     */
    CompletionStage<String> charge(String order, String key);
}
