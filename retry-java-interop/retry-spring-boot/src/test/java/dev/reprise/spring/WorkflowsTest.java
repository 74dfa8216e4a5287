package dev.reprise.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reprise.interop.workflow.WorkflowRunner;
import dev.reprise.interop.workflow.Workflows;
import dev.reprise.queue.InMemoryCallStore;
import dev.reprise.queue.spi.CallStore;
import dev.reprise.workflow.InMemoryWorkflowStore;
import dev.reprise.workflow.JdbcWorkflowStore;
import dev.reprise.workflow.WorkflowEngine;
import dev.reprise.workflow.model.Workflow;
import dev.reprise.workflow.model.WorkflowEvent;
import dev.reprise.workflow.model.WorkflowListener;
import dev.reprise.workflow.spi.WorkflowStore;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.sqlite.SQLiteDataSource;

class WorkflowsTest {
    @TempDir Path folder;

    private static final Workflow TRIP =
            Workflows.linear("trip", steps -> steps.task("flight", scope -> "seat 7"));

    private ApplicationContextRunner onFile() {
        return Contexts.application()
                .withPropertyValues(
                        "reprise.workflows.enabled=true",
                        "reprise.queue.sqlite=" + folder.resolve("calls.db"));
    }

    private SQLiteDataSource database() {
        SQLiteDataSource source = new SQLiteDataSource();
        source.setUrl("jdbc:sqlite:" + folder.resolve("orders.db"));
        source.setTransactionMode("IMMEDIATE");
        return source;
    }

    @Test
    void theyAreOffByDefault() {
        Contexts.application()
                .run(context -> assertThat(context).doesNotHaveBean(WorkflowRunner.class));
    }

    @Test
    void aRunOutlivesTheApplicationInTheFileOfTheQueue() {
        onFile().withPropertyValues("reprise.queue.enabled=true")
                .run(
                        context ->
                                context.getBean(WorkflowRunner.class)
                                        .of(TRIP)
                                        .id("trip-7")
                                        .execute());
        onFile().run(
                        context ->
                                assertThat(
                                                context.getBean(WorkflowRunner.class)
                                                        .of(TRIP)
                                                        .id("trip-7")
                                                        .open()
                                                        .state())
                                        .hasToString("SUCCESS"));
    }

    @Test
    void theyAreInTheDatabaseOfTheQueueUnderItsPrefix() {
        SQLiteDataSource orders = database();
        Contexts.withQueue()
                .withPropertyValues(
                        "reprise.workflows.enabled=true",
                        "reprise.workflows.retention=1h",
                        "reprise.queue.table-prefix=jobs_")
                .withBean(DataSource.class, () -> orders)
                .run(
                        context ->
                                assertThat(QueuePropertiesTest.tables(orders))
                                        .contains("jobs_call", "jobs_workflow_run"));
    }

    @Test
    @Timeout(60)
    void aFinishedRunIsForgottenAfterTheRetentionOfTheProperty() {
        onFile().withPropertyValues("reprise.workflows.retention=1s")
                .run(
                        context -> {
                            WorkflowRunner runner = context.getBean(WorkflowRunner.class);
                            runner.of(TRIP).id("trip-7").execute();
                            assertThat(runner.read("trip-7")).isNotNull();
                            while (runner.read("trip-7") != null) {
                                Thread.onSpinWait();
                            }
                        });
    }

    @Test
    void aNegativeRetentionFailsTheStart() {
        Contexts.withQueue()
                .withPropertyValues(
                        "reprise.workflows.enabled=true", "reprise.workflows.retention=-1s")
                .withBean(DataSource.class, this::database)
                .run(
                        context ->
                                assertThat(context)
                                        .getFailure()
                                        .rootCause()
                                        .hasMessage("retention must not be negative, but was -1s"));
    }

    @Test
    void theEngineIsThatOfTheRunnerAndListenersAreNotified() {
        List<WorkflowEvent> events = new CopyOnWriteArrayList<>();
        onFile().withBean(WorkflowListener.class, () -> events::add)
                .run(
                        context -> {
                            WorkflowRunner runner = context.getBean(WorkflowRunner.class);
                            assertThat(context.getBean(WorkflowEngine.class))
                                    .isSameAs(runner.engine());
                            runner.of(TRIP).execute();
                        });
        assertThat(events).isNotEmpty();
    }

    @Test
    void itBacksOffForAStoreOfTheApplication() {
        onFile().withBean(WorkflowStore.class, InMemoryWorkflowStore::new)
                .run(context -> assertThat(context).doesNotHaveBean(JdbcWorkflowStore.class));
    }

    @Test
    void aQueueWithoutADatabaseHasNoPlaceForThem() {
        Contexts.withQueue()
                .withPropertyValues("reprise.workflows.enabled=true")
                .withBean(CallStore.class, InMemoryCallStore::new)
                .run(
                        context ->
                                assertThat(Contexts.mistake(context))
                                        .isEqualTo(
                                                "reprise.workflows.enabled is true, but the store of"
                                                        + " the queue has no DataSource: declare a"
                                                        + " bean of type WorkflowStore"));
    }
}
