package dev.reprise.interop.testing;

import dev.reprise.run.RetryTimer;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import kotlin.time.TimeSource;
import kotlinx.coroutines.test.TestCoroutineScheduler;
import org.jspecify.annotations.Nullable;

/**
 * Time for tests: three days pass in milliseconds.
 *
 * <pre>{@code
 * VirtualTime time = new VirtualTime();
 * time.after(Duration.ofHours(3), stop::stop);
 * RetryRunner.builder()
 *         .every(Duration.ofSeconds(60)).stopWhen(stop)
 *         .testing(t -> t.time(time)).build().call(body);
 * }</pre>
 *
 * <p>A blocking wait moves the clock itself and runs the actions that are scheduled for earlier
 * instants. What wakes it leaves the clock at that instant, unless it is one of the test's own
 * coroutines, after which the next scheduled action still runs. A future needs {@link #advanceBy}
 * or {@link #await}: its attempts run on the thread that moves the clock, unless the builder sets
 * an executor. A suspending run uses {@link #scheduler}: {@code runTest(time.scheduler())}.
 *
 * <p>It needs {@code kotlinx-coroutines-test} on the class path and has its resolution: shorter
 * waits take a whole millisecond. Several threads can use it, but each that waits moves the clock
 * of all.
 */
public final class VirtualTime implements RetryTimer {
    private final TestCoroutineScheduler scheduler;
    private final VirtualScheduler tasks;

    /** Starts a separate clock at zero. */
    public VirtualTime() {
        this(new TestCoroutineScheduler());
    }

    /**
     * Shares the clock of a coroutine test.
     *
     * @param scheduler the one of the test
     */
    @SuppressWarnings("exports") // its module is optional
    public VirtualTime(TestCoroutineScheduler scheduler) {
        this.scheduler = Objects.requireNonNull(scheduler, "scheduler");
        this.tasks = new VirtualScheduler(scheduler);
    }

    /** {@return the virtual time since the start of the clock} */
    public Duration elapsed() {
        return Duration.ofMillis(scheduler.getCurrentTime());
    }

    /**
     * Schedules {@code action} for a later instant; it runs on the thread that moves the clock
     * there.
     *
     * @param delay from now; zero or less is now, the next time the clock is used
     * @param action anything that does not block for long
     * @return removes the action when closed; it never throws
     */
    public Planned after(Duration delay, Runnable action) {
        Objects.requireNonNull(action, "action");
        return tasks.plan(millis(delay), action)::dispose;
    }

    /**
     * Moves the clock and runs what is scheduled for the time that passes, up to and including the
     * new instant.
     *
     * @param time how far; zero runs what is due now
     * @throws IllegalArgumentException if {@code time} is negative
     */
    public void advanceBy(Duration time) {
        if (time.isNegative()) {
            throw new IllegalArgumentException("time must not be negative, but was " + time);
        }
        tasks.advance(millis(time));
    }

    /**
     * Moves the clock, as in {@link #advanceBy}, but ends early if this thread is interrupted: the
     * virtual {@code Thread.sleep} of a body that takes its time.
     *
     * @param time how long
     * @throws InterruptedException if this thread is interrupted, for example by an attempt timeout
     */
    public void sleep(Duration time) throws InterruptedException {
        sleep(time, () -> false);
    }

    /**
     * Moves the clock until {@code stage} is complete.
     *
     * @param stage that of a run in this time
     * @return its result
     * @throws Exception the failure of the stage, unchanged
     * @throws IllegalStateException if nothing is scheduled and the stage stays incomplete for ten
     *     seconds of real time
     */
    public <T extends @Nullable Object> T await(CompletionStage<T> stage) throws Exception {
        CompletableFuture<T> future = stage.toCompletableFuture();
        // A coroutine of the test or another thread can complete it: a task notices that.
        stage.whenComplete((value, failure) -> tasks.execute(() -> {}));
        return Awaiting.result(future, () -> tasks.advanceUntil(future::isDone));
    }

    /** {@return the scheduler of this clock, a coroutine context element for {@code runTest}} */
    @SuppressWarnings("exports") // its module is optional
    public TestCoroutineScheduler scheduler() {
        return scheduler;
    }

    /** {@return this clock for Kotlin's {@code timeSource} and for a {@code RetryBudget}} */
    public TimeSource timeSource() {
        return scheduler.getTimeSource();
    }

    @Override
    public long nanoTime() {
        return TimeUnit.MILLISECONDS.toNanos(scheduler.getCurrentTime());
    }

    /**
     * {@return the executor of this time, which runs tasks on the thread that moves the clock, at
     * the instant of their submission}
     */
    @Override
    public Executor executor() {
        return tasks;
    }

    @Override
    public AutoCloseable schedule(long delayNanos, Runnable action) {
        return after(Duration.ofNanos(delayNanos), action);
    }

    @Override
    public void sleep(long nanos, BooleanSupplier isWoken) throws InterruptedException {
        sleep(Duration.ofNanos(nanos), isWoken);
    }

    private void sleep(Duration time, BooleanSupplier isWoken) throws InterruptedException {
        AtomicBoolean isOver = new AtomicBoolean();
        Planned end = after(time, () -> isOver.set(true));
        BooleanSupplier isOverOrInterrupted =
                () ->
                        isOver.get()
                                || isWoken.getAsBoolean()
                                || Thread.currentThread().isInterrupted();
        try {
            while (!isOver.get() && !isWoken.getAsBoolean()) {
                if (Thread.interrupted()) {
                    throw new InterruptedException("interrupted while waiting in virtual time");
                }
                // False if another thread is running the task that ends this wait.
                if (!tasks.advanceUntil(isOverOrInterrupted)) {
                    Thread.onSpinWait();
                }
            }
        } finally {
            end.close();
        }
    }

    /** Up to the next millisecond; saturating. */
    private static long millis(Duration time) {
        if (time.isNegative()) {
            return 0;
        }
        return time.toSeconds() > Long.MAX_VALUE / 4000
                ? Long.MAX_VALUE / 4
                : time.plusNanos(999_999).toMillis();
    }

    /** An action that {@link #after} has scheduled. */
    @FunctionalInterface
    public interface Planned extends AutoCloseable {
        /** Removes the action. */
        @Override
        void close();
    }

    @Override
    public String toString() {
        return "VirtualTime(" + elapsed() + ")";
    }
}
