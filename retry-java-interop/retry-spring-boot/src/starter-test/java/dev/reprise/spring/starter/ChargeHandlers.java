package dev.reprise.spring.starter;

import dev.reprise.spring.DurableHandler;

/** Handlers with a client that tests replace. */
class ChargeHandlers {
    /** A remote service. */
    interface Gateway {
        String charge(String order);
    }

    private final Gateway gateway;

    ChargeHandlers(Gateway gateway) {
        this.gateway = gateway;
    }

    @DurableHandler("charge")
    String charge(String order) {
        return gateway.charge(order);
    }
}
