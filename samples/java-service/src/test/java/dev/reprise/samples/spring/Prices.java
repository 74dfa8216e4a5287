package dev.reprise.samples.spring;

import dev.reprise.interop.Retryable;
import java.io.IOException;

// readme:begin spring-interface
interface Prices {
    @Retryable(exponential = "100ms", max = "2s", maxAttempts = 4, on = IOException.class)
    String price(String product) throws IOException;
}
// readme:end
