package dev.reprise.samples.spring;

import dev.reprise.interop.RetryWith;
import java.io.IOException;

// docs:begin spring-interface
interface Prices {
    @RetryWith(exponential = "100ms", max = "2s", maxAttempts = 4, on = IOException.class)
    String price(String product) throws IOException;
}
// docs:end
