package com.example;

import dev.reprise.interop.RetryWith;
import java.io.IOException;
import org.springframework.stereotype.Component;

/** A bean whose method is retried because of its annotation. */
@Component
public class PriceClient {
    private int calls;

    @RetryWith("prices")
    public String price() throws IOException {
        calls++;
        if (calls < 3) {
            throw new IOException("busy");
        }
        return "42 EUR at call " + calls;
    }
}
