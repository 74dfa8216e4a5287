package dev.reprise.spring.internal;

import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.queue.JdbcCallStore;
import dev.reprise.queue.model.QueueHealth;
import dev.reprise.queue.model.SchemaException;
import dev.reprise.queue.model.StoreUnavailableException;
import dev.reprise.queue.spi.CallStore;
import dev.reprise.spring.QueueStatus;
import dev.reprise.spring.internal.setup.ConfigurationMistake;
import dev.reprise.spring.internal.setup.RepriseProperties;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;

/**
 * Starts the queue last and stops it first: claims and handlers end before the web server drains,
 * and calls of requests that are still running are accepted until the context closes.
 */
final class QueueLifecycle implements SmartLifecycle, QueueStatus {
    private final QueueRunner queue;
    private final @Nullable CallStore store;
    private final RepriseProperties.Queue properties;
    private final Duration grace;
    private final PatientStart start;
    private volatile State state = State.OUT_OF_SERVICE;
    private volatile @Nullable Throwable failure;

    QueueLifecycle(
            QueueRunner queue,
            @Nullable CallStore store,
            RepriseProperties.Queue properties,
            Duration grace) {
        this.queue = queue;
        this.store = store;
        this.properties = properties;
        this.grace = grace;
        this.start =
                new PatientStart(
                        "the queue",
                        this::open,
                        StoreUnavailableException.class::isInstance,
                        this::failed);
    }

    @Override
    public void start() {
        start.start(properties.failFast());
    }

    private void open() {
        if (properties.migrate() && store instanceof JdbcCallStore tables) {
            Coroutines.run(tables::migrate);
        }
        try {
            startOrCheck();
        } catch (SchemaException e) {
            throw properties.migrate() ? e : notMigrated(e);
        }
        failure = null;
        state = State.UP;
    }

    private void startOrCheck() {
        if (properties.workers()) {
            queue.start();
        } else if (store != null) {
            Coroutines.run(store::open);
        }
    }

    private static ConfigurationMistake notMigrated(SchemaException e) {
        return new ConfigurationMistake(
                e.getMessage()
                        + "; reprise.queue.migrate is false, so apply what the command line of the"
                        + " console prints (schema print), or set it to true",
                e);
    }

    private void failed(Throwable e) {
        failure = e;
        state = State.DOWN;
    }

    @Override
    public void stop() {
        state = State.OUT_OF_SERVICE;
        if (start.stop()) {
            queue.stopWorking(grace);
        }
    }

    @Override
    public boolean isRunning() {
        return start.isRunning();
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
        List<String> warnings = store == null ? health.getWarnings() : store.getWarnings();
        if (!warnings.isEmpty()) {
            details.put("warnings", warnings);
        }
        return details;
    }
}
