package dev.reprise.spring.internal.handlers;

import dev.reprise.queue.model.CallContext;

/** What a test has to do with attempts. */
@FunctionalInterface
public interface HandlerProbe {
    /** Called before a handler; what it throws is the failure of the attempt. */
    void before(CallContext context) throws Exception;
}
