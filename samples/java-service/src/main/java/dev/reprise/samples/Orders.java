package dev.reprise.samples;

import java.util.concurrent.CompletableFuture;

/** What the order desk needs of a server. */
interface Orders {
    /** Places the order; the future yields the receipt. */
    CompletableFuture<String> place(String order);
}
