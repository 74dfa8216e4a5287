package dev.reprise.spring.internal;

import dev.reprise.interop.RetryRunner;
import dev.reprise.run.StopSignal;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/** Opens something at the start of the application; while its database is down, it keeps trying. */
final class PatientStart {
    private static final Log log = LogFactory.getLog("dev.reprise.spring");

    private final String what;
    private final Runnable open;
    private final Predicate<Throwable> isDown;
    private final Consumer<Throwable> failed;
    private volatile @Nullable StopSignal run;

    /**
     * @param what for people: "the queue"
     * @param isDown whether to try again after a failure
     * @param failed called with each failure that does not fail the start
     */
    PatientStart(
            String what, Runnable open, Predicate<Throwable> isDown, Consumer<Throwable> failed) {
        this.what = what;
        this.open = open;
        this.isDown = isDown;
        this.failed = failed;
    }

    /** Returns when it is open, or with {@code failFast} false when its database is down. */
    void start(boolean failFast) {
        StopSignal stop = new StopSignal();
        run = stop;
        try {
            open.run();
        } catch (RuntimeException e) {
            if (failFast || !isDown.test(e)) {
                run = null;
                throw e;
            }
            log.warn(what + " cannot reach its database; it keeps trying: " + e.getMessage());
            failed.accept(e);
            openLater(stop);
        }
    }

    private void openLater(StopSignal stop) {
        RetryRunner patient =
                RetryRunner.builder()
                        .exponential(Duration.ofSeconds(1), Duration.ofSeconds(30))
                        .on(RuntimeException.class, isDown)
                        .forever()
                        .stopWhen(stop)
                        .build();
        Thread opener = new Thread(null, () -> openWith(patient, stop), "reprise-start", 0, false);
        opener.setDaemon(true);
        opener.start();
    }

    private void openWith(RetryRunner patient, StopSignal stop) {
        try {
            patient.run(open::run);
            log.info(what + " has reached its database");
        } catch (RuntimeException e) {
            if (!stop.isStopped()) {
                log.error(what + " does not start", e);
                failed.accept(e);
            }
        }
    }

    /** Ends the attempts. Returns false if it was not started. */
    boolean stop() {
        StopSignal stop = run;
        run = null;
        if (stop == null) {
            return false;
        }
        stop.stop("the application is stopping");
        return true;
    }

    boolean isRunning() {
        return run != null;
    }
}
