package dev.reprise.interop;

import dev.reprise.run.RetryTimer;
import java.util.function.BooleanSupplier;

/** Real time. */
enum SystemTime implements RetryTime {
    INSTANCE;

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public AutoCloseable schedule(long delayNanos, Runnable action) {
        return RetryTimer.getSystem().schedule(delayNanos, action);
    }

    @Override
    public void sleep(long nanos, BooleanSupplier isWoken) throws InterruptedException {
        RetryTimer.getSystem().sleep(nanos, isWoken);
    }
}
