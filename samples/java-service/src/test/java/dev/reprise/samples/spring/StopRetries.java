package dev.reprise.samples.spring;

import dev.reprise.run.StopSignal;
import org.springframework.context.SmartLifecycle;

// docs:begin spring-stop
/** Ends waits before Spring stops the web server, which is in a lower phase. */
record StopRetries(StopSignal shutdown) implements SmartLifecycle {
    @Override
    public void start() {
        // nothing to do: a new context has a new signal
    }

    @Override
    public void stop() {
        shutdown.stop("the application context is closing");
    }

    @Override
    public boolean isRunning() {
        return !shutdown.isStopped();
    }
}
// docs:end
