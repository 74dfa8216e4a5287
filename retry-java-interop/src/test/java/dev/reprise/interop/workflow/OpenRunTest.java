package dev.reprise.interop.workflow;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.RetryPolicy;
import dev.reprise.interop.RetryRunner;
import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.workflow.InMemoryWorkflowStore;
import dev.reprise.workflow.JdbcWorkflowStore;
import dev.reprise.workflow.model.RetryControllers;
import dev.reprise.workflow.model.TaskState;
import dev.reprise.workflow.model.ValueCodec;
import dev.reprise.workflow.model.Workflow;
import dev.reprise.workflow.model.WorkflowEvent;
import dev.reprise.workflow.model.WorkflowOutcome;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteDataSource;

/** An open run is released, whatever happens to the caller that opened it. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class OpenRunTest {
    @TempDir Path folder;
    private final List<String> said = new CopyOnWriteArrayList<>();
    private final InMemoryWorkflowStore store = new InMemoryWorkflowStore();
    private final WorkflowRunner runner = WorkflowRunner.on(store).build();
    private final Workflow flow = Workflows.linear("flow", s -> s.action("a", () -> said.add("a")));
    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch mayEnd = new CountDownLatch(1);

    @AfterEach
    void forgetInterruptions() {
        Thread.interrupted();
    }

    @Test
    void anInterruptedThreadReleasesWhatItCloses() throws Exception {
        WorkflowRunner.Run run = runner.of(waiting()).id("run").open();
        run.executeOrThrowAsync();
        begun.await();
        Thread.currentThread().interrupt();

        run.close();

        assertTrue(Thread.interrupted());
        runner.of(waiting()).id("run").open().close();
    }

    @Test
    void suspensionEndsTheWaitOfAController() throws Exception {
        RetryPolicy hourly =
                RetryRunner.builder().every(Duration.ofHours(1)).maxAttempts(2).build().getPolicy();
        Workflow failing =
                Workflows.linear(
                        "failing",
                        RetryControllers.byPolicy(hourly),
                        s ->
                                s.action(
                                        "a",
                                        () -> {
                                            throw new Broken("a");
                                        }));
        CountDownLatch waits = new CountDownLatch(1);
        WorkflowRunner watched =
                WorkflowRunner.on(store).listener(event -> countRetry(event, waits)).build();
        try (WorkflowRunner.Run run = watched.of(failing).id("run").open()) {
            CompletableFuture<WorkflowOutcome> end = run.executeAsync();
            waits.await();
            run.requestSuspension();
            WorkflowOutcome outcome = end.get(20, SECONDS);
            assertNotNull(assertInstanceOf(WorkflowOutcome.Suspended.class, outcome).getDueAt());
        }
    }

    private static void countRetry(WorkflowEvent event, CountDownLatch waits) {
        if (event instanceof WorkflowEvent.TaskChanged changed
                && changed.getFrom() == TaskState.RETRYING) {
            waits.countDown();
        }
    }

    private Workflow waiting() {
        return Workflows.linear(
                "waiting",
                s ->
                        s.taskAsync(
                                "a",
                                () -> {
                                    begun.countDown();
                                    return new CompletableFuture<>();
                                }));
    }

    @Test
    void anInterruptWhileClosingDoesNotEndTheWait() throws Exception {
        Workflow stubborn = Workflows.linear("stubborn", s -> s.action("a", this::untilItMayEnd));
        WorkflowRunner.Run run = runner.of(stubborn).id("run").open();
        run.executeOrThrowAsync();
        begun.await();
        Thread closing = Thread.currentThread();
        Thread helper =
                new Thread(
                        () -> {
                            closing.interrupt();
                            awaitTaken(closing);
                            mayEnd.countDown();
                        });
        helper.start();

        run.close();

        assertTrue(Thread.interrupted());
        assertEquals(List.of("ended"), said);
        runner.of(stubborn).id("run").open().close();
    }

    private void untilItMayEnd() {
        begun.countDown();
        while (mayEnd.getCount() > 0) {
            Thread.onSpinWait();
        }
        said.add("ended");
    }

    /** Returns when {@code thread} has seen that it was interrupted. */
    private static void awaitTaken(Thread thread) {
        while (thread.isInterrupted()) {
            Thread.onSpinWait();
        }
    }

    @Test
    void anInterruptedThreadReleasesWhatItClosesInVirtualTime() throws Exception {
        VirtualTime time = new VirtualTime();
        WorkflowRunner virtual = WorkflowRunner.on(store).time(time).build();
        WorkflowRunner.Run run = virtual.of(waiting()).id("run").open();
        run.executeOrThrowAsync();
        time.advanceBy(Duration.ZERO);
        Thread.currentThread().interrupt();

        run.close();

        assertTrue(Thread.interrupted());
        virtual.of(waiting()).id("run").open().close();
    }

    @Test
    void tasksThatHaveNotStartedWhenARunIsClosedNeverStart() throws Exception {
        Queue<Runnable> tasks = new ArrayDeque<>();
        WorkflowRunner busy = WorkflowRunner.on(store).executor(tasks::add).build();
        WorkflowRunner.Run run = busy.of(flow).id("run").open();
        CompletableFuture<WorkflowOutcome> end = run.executeOrThrowAsync();

        run.close();
        while (!tasks.isEmpty()) {
            tasks.remove().run();
        }

        assertThrows(CancellationException.class, end::join);
        assertEquals(List.of(), said);
    }

    @Test
    void aClosedRunIsNotExecutedAgain() throws Exception {
        WorkflowRunner.Run run = runner.of(flow).id("run").open();
        run.close();

        assertThrows(CancellationException.class, run::executeOrThrow);
        assertThrows(CancellationException.class, run::reset);
        assertEquals(List.of(), said);
    }

    @Test
    void anInterruptWhileOpeningARunLeavesItFree() throws Exception {
        SQLiteDataSource source = new SQLiteDataSource();
        source.setUrl("jdbc:sqlite:" + folder.resolve("runs.db"));
        JdbcWorkflowStore quiet = stored(source);
        WorkflowRunner.on(quiet).migrate();
        JdbcWorkflowStore noisy = stored(interrupting(Thread.currentThread(), source));
        WorkflowRunner.Request request = WorkflowRunner.on(noisy).build().of(flow).id("run");

        assertThrows(InterruptedException.class, request::open);

        WorkflowRunner.on(quiet).build().of(flow).id("run").open().close();
        noisy.close();
        quiet.close();
    }

    private static JdbcWorkflowStore stored(DataSource source) {
        Duration lease = Duration.ofMinutes(5);
        return new JdbcWorkflowStore(source, "reprise_", ValueCodec.Json, lease);
    }

    /** Interrupts {@code caller} before it returns a connection. */
    private static DataSource interrupting(Thread caller, DataSource source) {
        return (DataSource)
                Proxy.newProxyInstance(
                        OpenRunTest.class.getClassLoader(),
                        new Class<?>[] {DataSource.class},
                        (proxy, method, arguments) -> {
                            if (method.getName().equals("getConnection")) {
                                caller.interrupt();
                                awaitTaken(caller);
                            }
                            return called(source, method, arguments);
                        });
    }

    private static Object called(DataSource source, Method method, Object[] arguments)
            throws Throwable {
        try {
            return method.invoke(source, arguments);
        } catch (InvocationTargetException e) {
            throw e.getTargetException();
        }
    }
}
