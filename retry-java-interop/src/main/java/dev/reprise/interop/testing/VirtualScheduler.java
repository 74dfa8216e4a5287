package dev.reprise.interop.testing;

import java.util.List;
import java.util.Map;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import kotlin.coroutines.EmptyCoroutineContext;
import kotlinx.coroutines.DisposableHandle;
import kotlinx.coroutines.test.TestCoroutineDispatchersKt;
import kotlinx.coroutines.test.TestCoroutineScheduler;
import kotlinx.coroutines.test.TestDispatcher;
import org.jspecify.annotations.Nullable;

/**
 * Runs tasks at their instants on the clock of a coroutine test, and stops in between.
 *
 * <p>The scheduler of the test runs all tasks or none, so a task after which a wait is over ends it
 * with an exception: the clock stays at that instant, and later tasks stay scheduled. It is a
 * scheduled executor so that coroutines can run and delay on it.
 */
final class VirtualScheduler extends AbstractExecutorService implements ScheduledExecutorService {
    private final TestCoroutineScheduler clock;
    private final TestDispatcher dispatcher;

    /** The innermost wait of each thread that moves the clock. */
    private final Map<Thread, Wait> waits = new ConcurrentHashMap<>();

    VirtualScheduler(TestCoroutineScheduler clock) {
        this.clock = clock;
        this.dispatcher = TestCoroutineDispatchersKt.StandardTestDispatcher(clock, null);
    }

    /** Moves the clock and runs what is due; no wait of this thread ends during that. */
    void advance(long millis) {
        within(
                null,
                () -> {
                    clock.advanceTimeBy(millis);
                    clock.runCurrent();
                });
    }

    /**
     * Moves the clock from task to task until {@code isOver} holds or nothing is scheduled.
     *
     * @return whether a task has run
     */
    boolean advanceUntil(BooleanSupplier isOver) {
        Wait wait = new Wait(isOver);
        if (isOver.getAsBoolean()) {
            return false;
        }
        try {
            within(wait, clock::advanceUntilIdle);
        } catch (WaitOver e) {
            return true;
        }
        return wait.hasRun;
    }

    private void within(@Nullable Wait wait, Runnable advance) {
        Wait outer = replaceWait(wait);
        try {
            advance.run();
        } finally {
            replaceWait(outer);
        }
    }

    private @Nullable Wait replaceWait(@Nullable Wait wait) {
        Thread thread = Thread.currentThread();
        return wait == null ? waits.remove(thread) : waits.put(thread, wait);
    }

    /** Schedules {@code task} for the instant in {@code millis}. */
    DisposableHandle plan(long millis, Runnable task) {
        return dispatcher.invokeOnTimeout(millis, checked(task), EmptyCoroutineContext.INSTANCE);
    }

    @Override
    public void execute(Runnable task) {
        dispatcher.dispatch(EmptyCoroutineContext.INSTANCE, checked(task));
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
        return new Planned(task, unit.toMillis(delay));
    }

    /** Checks after the task whether the thread that runs it still waits. */
    private Runnable checked(Runnable task) {
        return () -> {
            task.run();
            Wait wait = waits.get(Thread.currentThread());
            if (wait != null) {
                wait.hasRun = true;
                if (wait.isOver.getAsBoolean()) {
                    throw new WaitOver();
                }
            }
        };
    }

    private static final class Wait {
        final BooleanSupplier isOver;
        boolean hasRun;

        Wait(BooleanSupplier isOver) {
            this.isOver = isOver;
        }
    }

    /** Ends the scheduler's loop, which passes on what a task throws. */
    private static final class WaitOver extends RuntimeException {
        private static final long serialVersionUID = 1;

        WaitOver() {
            super("a wait in virtual time is over", null, false, false);
        }
    }

    /** A scheduled task that coroutines can cancel. */
    private final class Planned extends FutureTask<@Nullable Void>
            implements ScheduledFuture<@Nullable Void> {
        private final long instant;
        private final DisposableHandle handle;

        Planned(Runnable task, long millis) {
            super(task, null);
            this.instant = clock.getCurrentTime() + millis;
            this.handle = plan(millis, this);
        }

        @Override
        public boolean cancel(boolean mayInterrupt) {
            handle.dispose();
            return super.cancel(mayInterrupt);
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(instant - clock.getCurrentTime(), TimeUnit.MILLISECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(
                    getDelay(TimeUnit.MILLISECONDS), other.getDelay(TimeUnit.MILLISECONDS));
        }
    }

    @Override
    public <V extends @Nullable Object> ScheduledFuture<V> schedule(
            Callable<V> task, long delay, TimeUnit unit) {
        throw new UnsupportedOperationException("only runnables are scheduled in virtual time");
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(
            Runnable task, long initialDelay, long period, TimeUnit unit) {
        throw new UnsupportedOperationException("virtual time schedules a task once");
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(
            Runnable task, long initialDelay, long delay, TimeUnit unit) {
        throw new UnsupportedOperationException("virtual time schedules a task once");
    }

    @Override
    public void shutdown() {
        throw new UnsupportedOperationException("virtual time has no thread to shut down");
    }

    @Override
    public List<Runnable> shutdownNow() {
        throw new UnsupportedOperationException("virtual time has no thread to shut down");
    }

    @Override
    public boolean isShutdown() {
        return false;
    }

    @Override
    public boolean isTerminated() {
        return false;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return false;
    }
}
