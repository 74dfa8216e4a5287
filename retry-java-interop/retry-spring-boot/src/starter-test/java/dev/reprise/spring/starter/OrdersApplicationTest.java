package dev.reprise.spring.starter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.queue.model.CallHandle;
import dev.reprise.queue.model.CancelResult;
import dev.reprise.spring.QueueStatus;

import io.micrometer.core.instrument.MeterRegistry;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import javax.sql.DataSource;

/** A whole application on PostgreSQL. */
class OrdersApplicationTest {
    private static ConfigurableApplicationContext application;

    @BeforeAll
    static void start() {
        application =
                new SpringApplicationBuilder(OrdersApplication.class)
                        .run(
                                "--spring.datasource.url=" + Database.url(),
                                "--spring.jpa.hibernate.ddl-auto=create",
                                "--spring.jpa.open-in-view=false",
                                "--server.port=0",
                                "--management.endpoints.web.exposure.include=health,reprise",
                                "--management.endpoint.health.show-details=always",
                                "--management.endpoint.health.show-components=always",
                                "--reprise.policies.prices=every(1s) maxAttempts(4)",
                                "--reprise.queue.enabled=true",
                                // Calls are found because workers are notified after the commit.
                                "--reprise.queue.poll-interval=10m");
    }

    @AfterAll
    static void stop() {
        application.close();
    }

    private final Orders orders = application.getBean(Orders.class);
    private final QueueRunner queue = application.getBean(QueueRunner.class);
    private final DataSource dataSource = application.getBean(DataSource.class);
    private final JdbcTemplate jdbc = new JdbcTemplate(dataSource);
    private final BlockingQueue<String> cids = new LinkedBlockingQueue<>();

    private int ordersNamed(String id) {
        Integer count =
                jdbc.queryForObject("SELECT count(*) FROM orders WHERE id = ?", Integer.class, id);
        return count == null ? 0 : count;
    }

    @Test
    void aCallIsCommittedWithTheTransactionOfJpa() throws Exception {
        CallHandle<String> call = orders.place("jpa");
        assertThat(call.resultAsync().get(20, TimeUnit.SECONDS)).isEqualTo("jpa charged");
        assertThat(ordersNamed("jpa")).isEqualTo(1);
    }

    @Test
    void aCallIsRolledBackWithTheTransactionOfJpa() {
        assertThatThrownBy(() -> orders.placeAndFail("rolled back", cids)).hasMessage("no money");
        assertThat(queue.find(cids.remove())).isNull();
        assertThat(ordersNamed("rolled back")).isZero();
    }

    @Test
    void aNewTransactionCommitsWhateverTheOuterOneDoes() throws Exception {
        TransactionTemplate outer =
                new TransactionTemplate(application.getBean(PlatformTransactionManager.class));
        assertThatThrownBy(
                        () ->
                                outer.executeWithoutResult(
                                        status -> {
                                            cids.add(orders.placeInNew("inner").getCid());
                                            cids.add(orders.place("outer").getCid());
                                            throw new IllegalStateException("no money");
                                        }))
                .hasMessage("no money");
        assertThat(queue.find(cids.remove())).isNotNull();
        assertThat(queue.find(cids.remove())).isNull();
        assertThat(ordersNamed("inner")).isEqualTo(1);
        assertThat(ordersNamed("outer")).isZero();
    }

    @Test
    void aTransactionOfPlainJdbcIsJoinedThroughItsTemplate() {
        isJoined(dataSource, "jdbc");
    }

    @Test
    void aTransactionOfAProxyOfTheDataSourceIsJoined() {
        isJoined(new LazyConnectionDataSourceProxy(dataSource), "proxy");
    }

    private void isJoined(DataSource managed, String order) {
        TransactionTemplate plain =
                new TransactionTemplate(new DataSourceTransactionManager(managed));
        JdbcTemplate statements = new JdbcTemplate(managed);
        plain.executeWithoutResult(
                status -> {
                    statements.update("INSERT INTO orders VALUES (?)", order);
                    cids.add(queue.enqueue(Orders.CHARGE, order).getCid());
                });
        assertThat(queue.find(cids.remove())).isNotNull();
        plain.executeWithoutResult(
                status -> {
                    statements.update("INSERT INTO orders VALUES (?)", order + " undone");
                    cids.add(queue.enqueue(Orders.CHARGE, order).getCid());
                    status.setRollbackOnly();
                });
        assertThat(queue.find(cids.remove())).isNull();
        assertThat(ordersNamed(order + " undone")).isZero();
    }

    @Test
    void aCancellationIsRolledBackToo() {
        String cid =
                queue.enqueue(Orders.CHARGE, "kept", c -> c.delay(java.time.Duration.ofDays(1)))
                        .getCid();
        TransactionTemplate template =
                new TransactionTemplate(application.getBean(PlatformTransactionManager.class));
        template.executeWithoutResult(
                status -> {
                    assertThat(queue.cancel(cid)).isEqualTo(CancelResult.CANCELLED);
                    status.setRollbackOnly();
                });
        assertThat(queue.find(cid).getState()).hasToString("READY");
    }

    @Test
    void aTransactionOfAnotherDatabaseIsRefusedInWords() {
        DataSource other = Database.SERVER.getTemplateDatabase();
        TransactionTemplate template =
                new TransactionTemplate(new DataSourceTransactionManager(other));
        String refusal =
                "the active transaction does not cover the queue's database: give the queue that"
                        + " DataSource (reprise.queue.data-source), or say"
                        + " reprise.queue.transactions=separate";
        assertThatThrownBy(
                        () ->
                                template.executeWithoutResult(
                                        status -> queue.enqueue(Orders.CHARGE, "other")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage(refusal);
        // A connection that is only synchronized with it is not in a transaction.
        assertThatThrownBy(
                        () ->
                                template.executeWithoutResult(
                                        status -> {
                                            ordersNamed("other");
                                            queue.enqueue(Orders.CHARGE, "other");
                                        }))
                .hasMessage(refusal);
    }

    @Test
    void aReadOnlyTransactionIsRefusedInWords() {
        assertThatThrownBy(() -> orders.placeReadOnly("read"))
                .hasMessageStartingWith("the active transaction is read-only: ");
    }

    @Test
    void theTablesOfTheApplicationAreThereBeforeTheStoreIsOpened() {
        assertThat(
                        application
                                .getBeanFactory()
                                .getBeanDefinition("repriseCallStore")
                                .getDependsOn())
                .contains("dataSourceScriptDatabaseInitializer");
    }

    @Test
    void theHealthOfTheQueueIsAComponentWithoutNulls() throws Exception {
        assertThat(get("/actuator/health/reprise"))
                .startsWith("200 ")
                .contains("\"status\":\"UP\"")
                .contains("\"workers\":true")
                .doesNotContain("null");
        assertThat(application.getBean(QueueStatus.class).getState())
                .isEqualTo(QueueStatus.State.UP);
    }

    @Test
    void warningsAreInTheHealthAndInTheSummaryOfTheEndpoint() throws Exception {
        String warning =
                " has fsync=off, synchronous_commit=off: calls that it has accepted can be lost in a"
                        + " crash\"]";
        assertThat(get("/actuator/health/reprise"))
                .contains("\"warnings\":[\"PostgreSQL ")
                .contains(warning);
        assertThat(get("/actuator/reprise"))
                .contains("\"warnings\":[\"PostgreSQL ")
                .contains(warning);
    }

    @Test
    void theEndpointShowsPoliciesAndCalls() throws Exception {
        String cid = queue.enqueue(Orders.CHARGE, "shown").getCid();
        assertThat(get("/actuator/reprise")).contains("\"policies\":[\"prices\"]");
        assertThat(get("/actuator/reprise/policies"))
                .contains("\"prices\":{")
                .contains("every(1s) maxAttempts(4)");
        assertThat(get("/actuator/reprise/calls/" + cid)).contains("\"handler\":\"charge\"");
        assertThat(get("/actuator/reprise/calls/unknown")).startsWith("404 ");
    }

    @Test
    void theEndpointReplacesPoliciesAndPausesLanes() throws Exception {
        assertThat(post("/actuator/reprise/policies/prices", "{\"notation\":\"maxAttempts(2)\"}"))
                .startsWith("200 ");
        assertThat(get("/actuator/reprise/policies/prices")).contains("maxAttempts(2)");
        post("/actuator/reprise/policies/prices", "{\"notation\":\"every(1s) maxAttempts(4)\"}");
        assertThat(post("/actuator/reprise/lanes/unused", "{\"action\":\"pause\"}"))
                .startsWith("200 ");
        assertThat(post("/actuator/reprise/lanes/unused", "{\"action\":\"resume\"}"))
                .startsWith("200 ");
        assertThat(post("/actuator/reprise/lanes/unused", "{\"action\":\"stop\"}"))
                .startsWith("400 ");
    }

    @Test
    void durableCallsAreMeasuredByTheRegistryOfTheApplication() throws Exception {
        orders.place("measured").resultAsync().get(20, TimeUnit.SECONDS);
        MeterRegistry registry = application.getBean(MeterRegistry.class);
        assertThat(registry.get("reprise.call.attempts").tag("handler", "charge").timer().count())
                .isPositive();
        assertThat(registry.get("reprise.in.flight").gauge().value()).isNotNegative();
    }

    private static String get(String path) throws Exception {
        return send(HttpRequest.newBuilder(uri(path)).build());
    }

    private static String post(String path, String body) throws Exception {
        return send(
                HttpRequest.newBuilder(uri(path))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build());
    }

    private static URI uri(String path) {
        return URI.create(
                "http://localhost:"
                        + application.getEnvironment().getProperty("local.server.port")
                        + path);
    }

    private static String send(HttpRequest request) throws Exception {
        HttpResponse<String> response =
                HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        return response.statusCode() + " " + response.body();
    }
}
