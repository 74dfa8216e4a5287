package dev.reprise.spring.internal;

import dev.reprise.interop.RetryRunner;
import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.queue.JdbcCallStore;
import dev.reprise.queue.model.QueueHealth;
import dev.reprise.queue.model.StoreUnavailableException;
import dev.reprise.queue.spi.CallStore;
import dev.reprise.run.StopSignal;
import dev.reprise.spring.QueueStatus;
import dev.reprise.spring.internal.setup.RepriseProperties;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;

/**
 * Starts the queue last and stops it first: claims and handlers end before the web server drains,
 * and calls of requests that are still running are accepted until the context closes.
 */
final class QueueLifecycle implements SmartLifecycle, QueueStatus {
    private static final Log log = LogFactory.getLog("dev.reprise.spring");

    private final QueueRunner queue;
    private final @Nullable CallStore store;
    private final RepriseProperties.Queue properties;
    private final Duration grace;
    private volatile State state = State.OUT_OF_SERVICE;
    private volatile @Nullable Throwable failure;
    private volatile @Nullable StopSignal run;

    QueueLifecycle(
            QueueRunner queue,
            @Nullable CallStore store,
            RepriseProperties.Queue properties,
            Duration grace) {
        this.queue = queue;
        this.store = store;
        this.properties = properties;
        this.grace = grace;
    }

    @Override
    public void start() {
        StopSignal stop = new StopSignal();
        run = stop;
        try {
            open();
        } catch (StoreUnavailableException e) {
            if (properties.failFast()) {
                run = null;
                throw e;
            }
            log.warn("the queue cannot reach its database; it keeps trying: " + e.getMessage());
            failed(e);
            openLater(stop);
        }
    }

    private void open() {
        if (properties.migrate() && store instanceof JdbcCallStore tables) {
            Coroutines.run(tables::migrate);
        }
        if (properties.workers()) {
            queue.start();
        } else if (store != null) {
            Coroutines.run(store::open);
        }
        failure = null;
        state = State.UP;
    }

    private void openLater(StopSignal stop) {
        RetryRunner patient =
                RetryRunner.builder()
                        .exponential(Duration.ofSeconds(1), Duration.ofSeconds(30))
                        .on(StoreUnavailableException.class)
                        .forever()
                        .stopWhen(stop)
                        .build();
        Thread opener = new Thread(() -> openWith(patient, stop), "reprise-queue-start");
        opener.setDaemon(true);
        opener.start();
    }

    private void openWith(RetryRunner patient, StopSignal stop) {
        try {
            patient.run(this::open);
            log.info("the queue has reached its database");
        } catch (RuntimeException e) {
            if (!stop.isStopped()) {
                log.error("the queue does not start", e);
                failed(e);
            }
        }
    }

    private void failed(Throwable e) {
        failure = e;
        state = State.DOWN;
    }

    @Override
    public void stop() {
        StopSignal stop = run;
        run = null;
        state = State.OUT_OF_SERVICE;
        if (stop != null) {
            stop.stop("the application is stopping");
            queue.stopWorking(grace);
        }
    }

    @Override
    public boolean isRunning() {
        return run != null;
    }

    @Override
    public State getState() {
        boolean isDown = state == State.UP && properties.workers() && !queue.health().isHealthy();
        return isDown ? State.DOWN : state;
    }

    @Override
    public Map<String, Object> getDetails() {
        QueueHealth health = queue.health();
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("workers", properties.workers());
        details.put("inFlight", health.getInFlight());
        details.put("hungHandlers", health.getHungHandlers());
        details.put("staleResults", health.getStaleResults());
        details.put("lostLeases", health.getLostLeases());
        if (health.getStoreDownFor() != null) {
            details.put("storeDownFor", health.getStoreDownFor().toString());
        }
        Throwable cause = failure != null ? failure : health.getStoreFailure();
        if (cause != null) {
            details.put("failure", cause.toString());
        }
        return details;
    }
}
