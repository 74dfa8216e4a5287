package dev.reprise.spring.starter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.interop.workflow.WorkflowRunner;
import dev.reprise.interop.workflow.Workflows;
import dev.reprise.queue.model.Target;
import dev.reprise.queue.operate.Actor;
import dev.reprise.spring.DurableHandlerBean;
import dev.reprise.spring.internal.RepriseAutoConfiguration;
import dev.reprise.spring.internal.RepriseQueueAutoConfiguration;
import dev.reprise.spring.internal.WorkflowsAutoConfiguration;
import dev.reprise.spring.internal.handlers.JsonAutoConfiguration;
import dev.reprise.workflow.model.Workflow;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.jdbc.core.JdbcTemplate;

/** The name by which the server proves that a worker is dead. */
class WorkerNameTest {
    private static final Target<String, String> WORK = Target.text("work");

    private final DataSource database = Database.SERVER.getPostgresDatabase();
    private final JdbcTemplate jdbc = new JdbcTemplate(database);

    private static DurableHandlerBean<String, String> worker() {
        return new DurableHandlerBean<>(WORK, (context, text) -> text, options -> {});
    }

    private List<String> named() {
        return jdbc.queryForList("SELECT worker FROM named_workflow_process", String.class);
    }

    @Test
    @Timeout(60)
    void itIsThatOfTheQueueAndOfTheStoreOfWorkflows() {
        Workflow trip =
                Workflows.linear(
                        "trip",
                        steps ->
                                steps.task(
                                        "flight",
                                        scope -> {
                                            while (named().isEmpty()) {
                                                Thread.onSpinWait();
                                            }
                                            return String.join(", ", named());
                                        }));
        new ApplicationContextRunner()
                .withConfiguration(
                        AutoConfigurations.of(
                                RepriseAutoConfiguration.class,
                                JsonAutoConfiguration.class,
                                RepriseQueueAutoConfiguration.class,
                                WorkflowsAutoConfiguration.class))
                .withPropertyValues(
                        "reprise.queue.enabled=true",
                        "reprise.queue.worker-name=orders-0",
                        "reprise.queue.table-prefix=named_",
                        "reprise.workflows.enabled=true")
                .withBean(DataSource.class, () -> database)
                .withBean(DurableHandlerBean.class, WorkerNameTest::worker)
                .run(
                        context -> {
                            QueueRunner queue = context.getBean(QueueRunner.class);
                            queue.enqueue(WORK, "a").resultAsync().get(20, TimeUnit.SECONDS);
                            assertThat(
                                            queue.asRetryQueue()
                                                    .operator(new Actor("test"))
                                                    .workersAsync()
                                                    .get(20, TimeUnit.SECONDS))
                                    .extracting("name", "named")
                                    .containsExactly(
                                            tuple(
                                                    "orders-0", true));
                            context.getBean(WorkflowRunner.class).of(trip).id("trip").execute();
                            assertThat(
                                            jdbc.queryForObject(
                                                    "SELECT count(*) FROM named_workflow_run",
                                                    Integer.class))
                                    .isEqualTo(1);
                        });
    }
}
