package dev.reprise.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.queue.InMemoryCallStore;
import dev.reprise.queue.model.CallState;
import dev.reprise.queue.model.StoreUnavailableException;
import dev.reprise.queue.model.Target;
import dev.reprise.queue.spi.CallStore;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.jdbc.datasource.AbstractDataSource;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.sqlite.SQLiteDataSource;

class QueueLifecycleTest {
    private static final Target<String, String> WORK = Target.text("work");

    @TempDir java.nio.file.Path folder;

    private static DurableHandlerBean<String, String> worker() {
        return new DurableHandlerBean<>(WORK, (context, text) -> text, options -> {});
    }

    private final ApplicationContextRunner inMemory =
            Contexts.withQueue()
                    .withBean(CallStore.class, InMemoryCallStore::new)
                    .withBean(DurableHandlerBean.class, QueueLifecycleTest::worker);

    /** Where a web server drains: it stops after the queue, and its requests still enqueue. */
    static class Requests implements SmartLifecycle {
        private final QueueRunner queue;
        private boolean isRunning;
        final List<Object> log = new ArrayList<>();

        Requests(QueueRunner queue) {
            this.queue = queue;
        }

        @Override
        public void start() {
            isRunning = true;
        }

        @Override
        public void stop() {
            isRunning = false;
            log.add(queue.health().isRunning());
            String cid = queue.enqueue(WORK, "late").getCid();
            log.add(queue.find(cid).getState());
        }

        @Override
        public boolean isRunning() {
            return isRunning;
        }

        @Override
        public int getPhase() {
            return DEFAULT_PHASE - 1024;
        }
    }

    @Test
    void itStopsBeforeTheWebServerAndAcceptsTheCallsOfItsLastRequests() {
        List<List<Object>> logs = new ArrayList<>();
        inMemory.withBean(Requests.class)
                .run(
                        context -> {
                            logs.add(context.getBean(Requests.class).log);
                            QueueStatus status = context.getBean(QueueStatus.class);
                            assertThat(status.getState()).isEqualTo(QueueStatus.State.UP);
                            context.getSourceApplicationContext(
                                            ConfigurableApplicationContext.class)
                                    .close();
                            assertThat(status.getState())
                                    .isEqualTo(QueueStatus.State.OUT_OF_SERVICE);
                        });
        assertThat(logs.get(0)).containsExactly(false, CallState.READY);
    }

    @Test
    void itWorksAgainWhenTheContextIsStartedAgain() {
        inMemory.run(
                context -> {
                    QueueRunner queue = context.getBean(QueueRunner.class);
                    GenericApplicationContext source =
                            context.getSourceApplicationContext(GenericApplicationContext.class);
                    source.stop();
                    var call = queue.enqueue(WORK, "later");
                    source.start();
                    assertThat(call.resultAsync().get(10, TimeUnit.SECONDS)).isEqualTo("later");
                });
    }

    @Test
    void itIsNotLazy() {
        inMemory.withInitializer(
                        context ->
                                context.addBeanFactoryPostProcessor(
                                        new org.springframework.boot
                                                .LazyInitializationBeanFactoryPostProcessor()))
                .run(
                        context ->
                                assertThat(context.getBean(QueueRunner.class).health().isRunning())
                                        .isTrue());
    }

    /** A database that cannot be reached until it is up. */
    private static final class DownDataSource extends AbstractDataSource {
        final AtomicBoolean isUp = new AtomicBoolean();
        private final DataSource real;

        DownDataSource(DataSource real) {
            this.real = real;
        }

        @Override
        public Connection getConnection() throws SQLException {
            if (!isUp.get()) {
                throw new SQLException("connection refused", "08001");
            }
            return real.getConnection();
        }

        @Override
        public Connection getConnection(String user, String password) throws SQLException {
            return getConnection();
        }

        @Override
        public PrintWriter getLogWriter() {
            return new PrintWriter(System.err, true);
        }
    }

    private DownDataSource down() {
        SQLiteDataSource real = new SQLiteDataSource();
        real.setUrl("jdbc:sqlite:" + folder.resolve("calls.db"));
        return new DownDataSource(real);
    }

    @Test
    void aDatabaseThatIsDownDoesNotStopTheStart() {
        DownDataSource database = down();
        Contexts.withQueue()
                .withBean(DataSource.class, () -> database)
                .withBean(DurableHandlerBean.class, QueueLifecycleTest::worker)
                .run(
                        context -> {
                            QueueStatus status = context.getBean(QueueStatus.class);
                            assertThat(status.getState()).isEqualTo(QueueStatus.State.DOWN);
                            assertThat(status.getDetails())
                                    .containsKey("failure")
                                    .doesNotContainValue(null);
                            QueueRunner queue = context.getBean(QueueRunner.class);
                            assertThatThrownBy(() -> queue.enqueue(WORK, "too early"))
                                    .isInstanceOf(StoreUnavailableException.class);
                            database.isUp.set(true);
                            while (status.getState() != QueueStatus.State.UP) {
                                Thread.onSpinWait();
                            }
                            assertThat(
                                            queue.enqueue(WORK, "now")
                                                    .resultAsync()
                                                    .get(10, TimeUnit.SECONDS))
                                    .isEqualTo("now");
                        });
    }

    @Test
    void orItDoes() {
        Contexts.withQueue()
                .withPropertyValues("reprise.queue.fail-fast=true")
                .withBean(DataSource.class, this::down)
                .run(
                        context ->
                                assertThat(context)
                                        .getFailure()
                                        .hasRootCauseMessage("connection refused"));
    }

    private ApplicationContextRunner inFile(String transactions) {
        return Contexts.withQueue()
                .withPropertyValues(
                        "reprise.queue.sqlite=" + folder.resolve("calls.db"),
                        "reprise.queue.transactions=" + transactions);
    }

    /** A transaction of something else, for example of messages. */
    private static void inOtherTransaction(Runnable action) {
        TransactionSynchronizationManager.setActualTransactionActive(true);
        try {
            action.run();
        } finally {
            TransactionSynchronizationManager.setActualTransactionActive(false);
        }
    }

    @Test
    void aTransactionOfSomethingElseIsNotJoined() {
        inFile("join")
                .run(
                        context ->
                                inOtherTransaction(
                                        () ->
                                                assertThatThrownBy(
                                                                () ->
                                                                        context.getBean(
                                                                                        QueueRunner
                                                                                                .class)
                                                                                .enqueue(WORK, "a"))
                                                        .hasMessageStartingWith(
                                                                "the active transaction does not"
                                                                        + " cover the queue's"
                                                                        + " database: ")));
        inFile("separate")
                .run(
                        context ->
                                inOtherTransaction(
                                        () -> {
                                            QueueRunner queue = context.getBean(QueueRunner.class);
                                            String cid = queue.enqueue(WORK, "a").getCid();
                                            assertThat(queue.find(cid)).isNotNull();
                                        }));
    }

    @Test
    void aRequiredTransactionIsMissed() {
        inFile("require")
                .run(
                        context ->
                                assertThatThrownBy(
                                                () ->
                                                        context.getBean(QueueRunner.class)
                                                                .enqueue(WORK, "a"))
                                        .hasMessageStartingWith(
                                                "no transaction is active, but"
                                                        + " reprise.queue.transactions=require: "));
    }
}
