package dev.reprise.samples.tour;

import java.net.ConnectException;

/** A remote service that rejects a number of calls and then works. */
final class FarEnd {
    private int refusals;
    private int calls;

    FarEnd(int refusals) {
        this.refusals = refusals;
    }

    synchronized String call() throws ConnectException {
        calls++;
        if (refusals-- > 0) {
            throw new ConnectException("refused");
        }
        return "answer " + calls;
    }

    synchronized int calls() {
        return calls;
    }
}
