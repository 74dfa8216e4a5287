package dev.reprise.interop.queue;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.reprise.queue.JdbcCallStore;
import dev.reprise.queue.model.AttemptError;
import dev.reprise.queue.model.Call;
import dev.reprise.queue.model.CallCount;
import dev.reprise.queue.model.CallHandle;
import dev.reprise.queue.model.CallState;
import dev.reprise.queue.model.CancelResult;
import dev.reprise.queue.model.FailureText;
import dev.reprise.queue.model.InvalidCallException;
import dev.reprise.queue.model.PayloadCodec;
import dev.reprise.queue.model.SchemaException;
import dev.reprise.queue.model.StoreUnavailableException;
import dev.reprise.queue.model.Target;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteDataSource;

/** A queue in a file: the caller's transactions, the next process, custom codecs. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SqliteQueueTest {
    /** What a shop charges. */
    record Order(String id, int cents) {}

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final PayloadCodec<Order> JSON =
            PayloadCodec.of(
                    "json",
                    MAPPER::writeValueAsBytes,
                    bytes -> MAPPER.readValue(bytes, Order.class));
    private static final Target<Order, String> CHARGE =
            new Target<>("charge", JSON, PayloadCodec.Text);

    @TempDir Path folder;
    private Path file = Path.of("");
    private final SQLiteDataSource dataSource = new SQLiteDataSource();

    @BeforeEach
    void open() {
        file = folder.resolve("calls.db");
        dataSource.setUrl("jdbc:sqlite:" + file);
        dataSource.setBusyTimeout(10_000);
    }

    private QueueRunner.Builder paying() {
        return QueueRunner.open(file)
                .handle(CHARGE, order -> order.id() + " paid " + order.cents());
    }

    @Test
    void anOrderAndItsChargeAreWrittenTogetherOrNotAtAll() throws Exception {
        try (QueueRunner queue = paying().build()) {
            execute("CREATE TABLE orders (id TEXT)");
            Order lost = new Order("lost", 1);
            assertThrows(IllegalStateException.class, () -> place(queue, lost, true));
            CallHandle<String> kept = place(queue, new Order("kept", 4200), false);
            assertEquals(List.of("kept"), orders());
            assertEquals(List.of(CallCount.of("charge", CallState.READY, 1)), queue.counts());
            queue.start();
            assertEquals("kept paid 4200", kept.resultAsync().get(30, SECONDS));
        }
    }

    private CallHandle<String> place(QueueRunner queue, Order order, boolean fails)
            throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.executeUpdate("INSERT INTO orders VALUES ('" + order.id() + "')");
            }
            CallHandle<String> call = queue.enqueue(connection, CHARGE, order, c -> c.priority(9));
            if (fails) {
                connection.rollback();
                throw new IllegalStateException("the shop fell over");
            }
            connection.commit();
            return call;
        }
    }

    @Test
    void aCallOfATransactionNeedsNoOptions() throws Exception {
        try (QueueRunner queue = paying().build();
                Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            CallHandle<String> call = queue.enqueue(connection, CHARGE, new Order("7", 1));
            connection.commit();
            assertEquals("charge", queue.find(call.getCid()).getHandler());
        }
    }

    @Test
    void manyCallsJoinATransactionAndOneIsCancelledInIt() throws Exception {
        try (QueueRunner queue = paying().build();
                Connection connection = dataSource.getConnection()) {
            CallHandle<String> first = queue.enqueue(CHARGE, new Order("1", 1));
            connection.setAutoCommit(false);
            List<CallHandle<String>> calls =
                    queue.enqueueAll(
                            connection,
                            CHARGE,
                            List.of(new Order("2", 1), new Order("3", 1)),
                            (order, options) -> options.uniqueKey(order.id()));
            assertEquals(CancelResult.CANCELLED, queue.cancel(connection, first.getCid()));
            connection.commit();
            assertEquals(CallState.CANCELLED, queue.find(first.getCid()).getState());
            for (CallHandle<String> call : calls) {
                assertEquals(CallState.READY, queue.find(call.getCid()).getState());
            }
        }
    }

    @Test
    void whatIsStoredOfAFailureAndForHowLongIsConfigured() throws Exception {
        Target<String, String> strict = Target.text("strict");
        Target<String, String> quick = Target.text("quick");
        Target<String, String> brief = Target.text("brief");
        try (QueueRunner queue =
                QueueRunner.open(file)
                        .handle(
                                strict,
                                request -> {
                                    throw new IllegalStateException("key 4711");
                                })
                        .handle(
                                quick,
                                (context, request) -> request,
                                options -> options.retention(Duration.ZERO))
                        .handle(
                                brief,
                                (context, request) -> request,
                                options -> options.keepPayload(false).keepSucceeded(false))
                        .failureText(FailureText::typeOnly)
                        .maxCrashes(5, Duration.ofHours(1))
                        .build()
                        .start()) {
            CallHandle<String> dead = queue.enqueue(strict, "1", c -> c.policy("maxAttempts(1)"));
            dead.endAsync().get(30, SECONDS);
            AttemptError error = queue.errors(dead.getCid()).get(0);
            assertEquals("", error.getMessage());
            assertEquals("java.lang.IllegalStateException", error.getType());
            assertNull(error.getTrace());
            assertEquals("1", queue.enqueue(quick, "1").resultAsync().get(30, SECONDS));
            CallHandle<String> gone = queue.enqueue(brief, "1");
            while (queue.find(gone.getCid()) != null) Thread.onSpinWait();
            assertTrue(
                    queue.counts().stream().anyMatch(count -> count.getHandler().equals("brief")));
        }
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private List<String> orders() throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT group_concat(id) FROM orders")) {
            return List.of(rows.getString(1));
        }
    }

    @Test
    void aCallThatOneProcessEnqueuesRunsInAnother() throws Exception {
        String cid;
        try (QueueRunner shop = QueueRunner.open(file).build()) {
            cid = shop.enqueueAsync(CHARGE, new Order("7", 1), c -> {}).get(30, SECONDS).getCid();
        }
        try (QueueRunner worker = paying().build().start()) {
            while (!worker.find(cid).getState().isEnd()) {
                Thread.onSpinWait();
            }
            Call end = worker.find(cid);
            assertEquals(CallState.SUCCEEDED, end.getState());
            assertEquals("7 paid 1", new String(end.getResponse().getBytes()));
        }
    }

    @Test
    void anUnreadablePayloadIsAFailureLikeAnyOtherAndKeepsItsBytes() throws Exception {
        Target<String, String> careless =
                new Target<>(
                        "charge",
                        PayloadCodec.of("json", String::getBytes, String::new),
                        PayloadCodec.Text);
        try (QueueRunner queue = paying().build().start()) {
            CallHandle<String> call =
                    queue.enqueue(careless, "{\"id\":", c -> c.policy("maxAttempts(1)"));
            Call end = call.endAsync().get(30, SECONDS);
            assertEquals(CallState.DEAD, end.getState());
            assertArrayEquals("{\"id\":".getBytes(), end.getRequest().getBytes());
            assertEquals(
                    "the codec 'json' cannot read the payload of 6 bytes",
                    queue.errors(call.getCid()).get(0).getMessage().split(":")[0]);
        }
    }

    @Test
    void aCallIsNotEnqueuedIfItsCodecCannotWriteIt() {
        PayloadCodec<Object> picky =
                PayloadCodec.of("json", MAPPER::writeValueAsBytes, bytes -> new Object());
        try (QueueRunner queue = QueueRunner.open(file).build()) {
            Target<Object, String> target = new Target<>("x", picky, PayloadCodec.Text);
            InvalidCallException e =
                    assertThrows(
                            InvalidCallException.class, () -> queue.enqueue(target, new Object()));
            assertEquals(
                    "the codec 'json' of 'x' cannot write a java.lang.Object",
                    e.getMessage().split(":")[0]);
            assertEquals(List.of(), queue.counts());
        }
    }

    @Test
    void aCodecReceivesTheVersionThatWasWritten() throws Exception {
        PayloadCodec<String> versioned =
                new PayloadCodec<>() {
                    @Override
                    public String getName() {
                        return "versioned";
                    }

                    @Override
                    public byte[] encode(String value) {
                        return value.getBytes();
                    }

                    @Override
                    public String decode(byte[] bytes, int version) {
                        return new String(bytes) + " of version " + version;
                    }
                };
        Target<String, byte[]> target = new Target<>("echo", versioned, PayloadCodec.Bytes);
        try (QueueRunner queue =
                QueueRunner.open(file).handle(target, text -> text.getBytes()).build().start()) {
            CallHandle<byte[]> call =
                    queue.enqueue(new Target<>("echo", versioned, PayloadCodec.Bytes, 3), "data");
            assertEquals("data of version 3", new String(call.resultAsync().get(30, SECONDS)));
        }
    }

    @Test
    void aHandlerMayTakeNothingAndReturnNothing() throws Exception {
        Target<@Nullable Void, @Nullable Void> tick =
                new Target<>("tick", PayloadCodec.none(), PayloadCodec.none());
        try (QueueRunner queue =
                QueueRunner.open(file).handle(tick, nothing -> nothing).build().start()) {
            assertEquals(null, queue.enqueue(tick, null).resultAsync().get(30, SECONDS));
        }
    }

    @Test
    void tablesHaveToExistAndMayHaveAnotherName() throws Exception {
        JdbcCallStore shop = new JdbcCallStore(dataSource, "shop_", Duration.ofSeconds(1));
        try (QueueRunner none = QueueRunner.jdbc(dataSource).build()) {
            assertThrows(SchemaException.class, none::start);
        }
        try (QueueRunner some = QueueRunner.on(shop).migrate().build().start()) {
            some.enqueue(CHARGE, new Order("1", 1));
            assertEquals(1, some.counts().get(0).getCalls());
        }
        shop.close();
        execute("SELECT cid FROM shop_call");
        assertThrows(
                IllegalArgumentException.class,
                () -> new JdbcCallStore(dataSource, "no table!", Duration.ofSeconds(1)));
    }

    @Test
    void aFileThatCannotBeOpenedIsReportedWhenTheQueueIsBuilt() {
        Path nowhere = folder.resolve("no/such/folder/calls.db");
        assertThrows(StoreUnavailableException.class, () -> QueueRunner.open(nowhere).build());
    }
}
