package dev.reprise.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.queue.InMemoryCallStore;
import dev.reprise.queue.JdbcCallStore;
import dev.reprise.queue.RetryQueue;
import dev.reprise.queue.model.Target;
import dev.reprise.queue.operate.Actor;
import dev.reprise.queue.operate.WorkerInfo;
import dev.reprise.queue.spi.CallStore;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.info.BuildProperties;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.sqlite.SQLiteDataSource;

class QueuePropertiesTest {
    @TempDir Path folder;

    private static final Target<String, String> WORK = Target.text("work");

    private ApplicationContextRunner onFile() {
        return Contexts.withQueue()
                .withPropertyValues("reprise.queue.sqlite=" + folder.resolve("calls.db"));
    }

    private SQLiteDataSource database(String name) {
        SQLiteDataSource source = new SQLiteDataSource();
        source.setUrl("jdbc:sqlite:" + folder.resolve(name));
        source.setTransactionMode("IMMEDIATE");
        return source;
    }

    static List<String> tables(DataSource source) throws SQLException {
        List<String> names = new ArrayList<>();
        try (Connection connection = source.getConnection();
                var tables = connection.getMetaData().getTables(null, null, "%", null)) {
            while (tables.next()) {
                names.add(tables.getString("TABLE_NAME"));
            }
        }
        return names;
    }

    private static DurableHandlerBean<String, String> worker() {
        return new DurableHandlerBean<>(WORK, (context, text) -> text, options -> {});
    }

    @Test
    void aFileKeepsTheCallsAcrossRestarts() {
        BlockingQueue<String> handled = new LinkedBlockingQueue<>();
        onFile().run(context -> context.getBean(QueueRunner.class).enqueue(WORK, "a"));
        onFile().withBean(
                        DurableHandlerBean.class,
                        () ->
                                new DurableHandlerBean<String, String>(
                                        WORK,
                                        (context, text) -> {
                                            handled.add(text);
                                            return text;
                                        },
                                        options -> {}))
                .run(context -> assertThat(handled.poll(10, TimeUnit.SECONDS)).isEqualTo("a"));
    }

    @Test
    void theVersionOfTheBuildIsThatOfTheWorker() {
        Properties build = new Properties();
        build.setProperty("version", "7.2.0");
        onFile().withBean(BuildProperties.class, () -> new BuildProperties(build))
                .withBean(DurableHandlerBean.class, QueuePropertiesTest::worker)
                .run(
                        context -> {
                            QueueRunner queue = context.getBean(QueueRunner.class);
                            queue.enqueue(WORK, "a").resultAsync().get(10, TimeUnit.SECONDS);
                            assertThat(workers(queue))
                                    .extracting(WorkerInfo::getApplicationVersion)
                                    .containsExactly("7.2.0");
                        });
    }

    private static List<WorkerInfo> workers(QueueRunner queue) throws Exception {
        return queue.operator(new Actor("test")).workersAsync().get(10, TimeUnit.SECONDS);
    }

    @Test
    void theOnlyDataSourceIsTaken() {
        SQLiteDataSource orders = database("orders.db");
        Contexts.withQueue()
                .withBean(DataSource.class, () -> orders)
                .run(context -> assertThat(tables(orders)).contains("reprise_call"));
    }

    @Test
    void ofSeveralDataSourcesTheNamedOneIsTaken() {
        SQLiteDataSource orders = database("orders.db");
        SQLiteDataSource users = database("users.db");
        Contexts.withQueue()
                .withPropertyValues(
                        "reprise.queue.data-source=orders", "reprise.queue.table-prefix=jobs_")
                .withBean("orders", DataSource.class, () -> orders)
                .withBean("users", DataSource.class, () -> users)
                .run(
                        context -> {
                            assertThat(tables(orders)).contains("jobs_call");
                            assertThat(tables(users)).doesNotContain("jobs_call");
                        });
    }

    @Test
    void withoutADatabaseTheStartFails() {
        Contexts.withQueue()
                .run(
                        context ->
                                assertThat(Contexts.mistake(context))
                                        .startsWith("the queue has no database: ")
                                        .endsWith(
                                                "; set reprise.queue.data-source to the name of"
                                                        + " one, or reprise.queue.sqlite to a file"));
    }

    @Test
    void twoDatabasesAreRefused() {
        onFile().withPropertyValues("reprise.queue.data-source=orders")
                .run(
                        context ->
                                assertThat(Contexts.mistake(context))
                                        .isEqualTo(
                                                "reprise.queue.sqlite and reprise.queue.data-source"
                                                        + " are both set: keep one"));
    }

    @Test
    void withoutMigrationMissingTablesFailTheStart() {
        onFile().withPropertyValues("reprise.queue.migrate=false")
                .run(
                        context ->
                                assertThat(Contexts.mistake(context))
                                        .isEqualTo(
                                                "the tables 'reprise_…' do not exist: migrate()"
                                                        + " creates them; reprise.queue.migrate is"
                                                        + " false, so apply what the command line of"
                                                        + " the console prints (schema print), or"
                                                        + " set it to true"));
    }

    @Test
    void aProcessWithoutWorkersOnlyEnqueues() {
        onFile().withPropertyValues("reprise.queue.workers=false")
                .withBean(DurableHandlerBean.class, QueuePropertiesTest::worker)
                .run(
                        context -> {
                            QueueRunner queue = context.getBean(QueueRunner.class);
                            queue.enqueue(WORK, "a");
                            assertThat(queue.health().isRunning()).isFalse();
                            assertThat(context.getBean(QueueStatus.class).getState())
                                    .isEqualTo(QueueStatus.State.UP);
                        });
    }

    @Test
    void theDefaultPolicyIsANameOrANotation() {
        for (String policy : List.of("patient", "every(1m) maxAttempts(60)")) {
            onFile().withPropertyValues(
                            "reprise.policies.patient=every(1m) maxAttempts(60)",
                            "reprise.queue.default-policy=" + policy)
                    .run(
                            context -> {
                                QueueRunner queue = context.getBean(QueueRunner.class);
                                String cid = queue.enqueue(WORK, "a").getCid();
                                assertThat(queue.find(cid).getPolicy())
                                        .isEqualTo("every(1m) maxAttempts(60)");
                            });
        }
    }

    @Test
    void aDefaultPolicyThatCannotBeReadFailsTheStart() {
        onFile().withPropertyValues("reprise.queue.default-policy=impatient")
                .run(
                        context ->
                                assertThat(Contexts.mistake(context))
                                        .isEqualTo(
                                                "reprise.queue.default-policy: no policy is named"
                                                        + " 'impatient'; there are no policies"));
    }

    @Test
    void aRequiredTransactionNeedsADatabaseThatCanJoin() {
        Contexts.withQueue()
                .withPropertyValues("reprise.queue.transactions=require")
                .withBean(CallStore.class, InMemoryCallStore::new)
                .run(
                        context ->
                                assertThat(Contexts.mistake(context))
                                        .isEqualTo(
                                                "reprise.queue.transactions=require needs"
                                                        + " spring-jdbc and a store on a DataSource"));
    }

    @Test
    void retentionAndPollIntervalAreChecked() {
        onFile().withPropertyValues("reprise.queue.retention=1h", "reprise.queue.poll-interval=5s")
                .run(context -> assertThat(context).hasNotFailed());
        onFile().withPropertyValues("reprise.queue.retention=-1h")
                .run(
                        context ->
                                assertThat(Contexts.mistake(context))
                                        .isEqualTo(
                                                "reprise.queue: retention must not be negative, but"
                                                        + " was -1h"));
        onFile().withPropertyValues("reprise.queue.poll-interval=0s")
                .run(
                        context ->
                                assertThat(Contexts.mistake(context))
                                        .isEqualTo(
                                                "reprise.queue: pollInterval must be positive, but"
                                                        + " was 0s"));
    }

    @Test
    void itBacksOffForAStoreOrAQueueOfTheApplication() {
        Contexts.withQueue()
                .withBean(CallStore.class, InMemoryCallStore::new)
                .run(context -> assertThat(context).doesNotHaveBean(JdbcCallStore.class));
        QueueRunner own = QueueRunner.inMemory().build();
        Contexts.withQueue()
                .withBean(CallStore.class, InMemoryCallStore::new)
                .withBean(QueueRunner.class, () -> own)
                .run(
                        context -> {
                            assertThat(context.getBean(QueueRunner.class)).isSameAs(own);
                            assertThat(context.getBean(RetryQueue.class))
                                    .isSameAs(own.asRetryQueue());
                        });
    }

    @Test
    void aCustomizerSetsWhatHasNoProperty() {
        onFile().withBean(QueueCustomizer.class, () -> builder -> builder.maxPayloadBytes(2))
                .run(
                        context ->
                                assertThat(context.getBean(QueueRunner.class))
                                        .satisfies(
                                                queue ->
                                                        org.assertj.core.api.Assertions
                                                                .assertThatThrownBy(
                                                                        () ->
                                                                                queue.enqueue(
                                                                                        WORK,
                                                                                        "abc"))
                                                                .hasMessageContaining(
                                                                        "3 bytes, more than the 2"
                                                                                + " allowed")));
    }

    static class Orders {
        @DurableHandler("order")
        void order(Order order) {}
    }

    record Order(String id) {}

    @Test
    void withoutJacksonAHandlerNeedsACodec() {
        onFile().withClassLoader(new FilteredClassLoader("com.fasterxml.jackson", "tools.jackson"))
                .withBean(Orders.class)
                .run(
                        context ->
                                assertThat(Contexts.mistake(context))
                                        .isEqualTo(
                                                "there is no codec for "
                                                        + Order.class.getName()
                                                        + ": add Jackson, or declare a bean of type"
                                                        + " JsonTargets, or one of type Target with"
                                                        + " the name of the handler"));
    }
}
