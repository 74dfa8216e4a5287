package dev.reprise.samples.spring;

import java.io.IOException;
import java.net.ConnectException;

/** A client of a price server that rejects the first two connections. */
class PriceClient implements Prices {
    private int calls;

    @Override
    public String price(String product) throws IOException {
        if (++calls < 3) {
            throw new ConnectException("refused");
        }
        return product + ": 12 EUR";
    }
}
