package dev.reprise.samples;

import java.util.concurrent.CompletableFuture;

/** What the order desk needs from a server. */
interface Orders {
    /** Places the order; the future completes with the receipt. */
    CompletableFuture<String> place(String order);
}
