package dev.reprise.interop.queue;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.reprise.interop.testing.VirtualTime;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A user's code that a queue calls while it is asked may ask the queue itself. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AskingInsideTest {
    private static final CallTarget<String, String> CHARGE = CallTarget.text("charge");

    @TempDir Path folder;
    private QueueRunner queue = QueueRunner.inMemory().build();
    private final Predicate<CallInfo> hasErrors = call -> !queue.errors(call.cid()).isEmpty();

    @BeforeEach
    void open() {
        queue = started(QueueRunner.sqlite(folder.resolve("calls.db")));
    }

    @AfterEach
    void close() {
        queue.close();
    }

    private static QueueRunner started(QueueRunnerBuilder builder) {
        return builder.handle(CHARGE, AskingInsideTest::charge).build().start();
    }

    private static String charge(HandlerContext call, String request) {
        if (request.equals("bad")) {
            throw call.reject("broken");
        }
        return "paid " + request;
    }

    private String dead() throws Exception {
        QueuedCall<String> call = queue.enqueue(CHARGE, "bad");
        call.end().get(20, SECONDS);
        return call.cid();
    }

    @Test
    void aFilterOfDeadLettersMayAskTheQueue() throws Exception {
        String cid = dead();
        assertEquals(cid, queue.deadLetters().list(10, hasErrors).get(0).cid());
        assertEquals(List.of(cid), queue.deadLetters().wouldReplay(hasErrors));
        assertEquals(List.of(cid), queue.deadLetters().wouldDiscard(hasErrors));
        assertEquals(List.of(cid), queue.deadLetters().discard(hasErrors));
    }

    @Test
    void aFilterMayAskAQueueInMemory() throws Exception {
        queue.close();
        queue = started(QueueRunner.inMemory());
        String cid = dead();
        assertEquals(List.of(cid), List.copyOf(queue.deadLetters().replay(hasErrors).keySet()));
    }

    @Test
    void aFilterMayAskAQueueInVirtualTime() throws Exception {
        queue.close();
        VirtualTime time = new VirtualTime();
        queue = started(QueueRunner.inMemory(time));
        String cid = queue.enqueue(CHARGE, "bad").cid();
        time.await(queue.enqueue(CHARGE, "42").end());
        assertEquals(cid, queue.deadLetters().list(1, hasErrors).get(0).cid());
    }

    @Test
    void aFilterMayAskWithAFilterOfItsOwn() throws Exception {
        String cid = dead();
        DeadLetters dead = queue.deadLetters();
        List<CallInfo> listed = dead.list(10, call -> dead.wouldReplay(hasErrors).contains(cid));
        assertEquals(cid, listed.get(0).cid());
    }

    @Test
    void theOptionsOfACallMayEnqueueAnother() throws Exception {
        QueuedCall<String> single = queue.enqueue(CHARGE, "1", this::describe);
        List<QueuedCall<String>> several =
                queue.enqueueAll(CHARGE, List.of("2"), (request, how) -> describe(how));
        QueuedCall<String> later = queue.enqueueAsync(CHARGE, "3", this::describe).get(20, SECONDS);
        for (QueuedCall<String> call : List.of(single, several.get(0), later)) {
            String other = queue.find(call.cid()).orElseThrow().context().orElseThrow();
            assertEquals("charge", queue.find(other).orElseThrow().handler());
        }
    }

    private void describe(CallOptions how) {
        how.context(queue.enqueue(CHARGE, "described").cid());
    }

    @Test
    void theOptionsOfAStepMayEnqueueAnother() throws Exception {
        queue.close();
        CallTarget<String, String> shop = CallTarget.text("shop");
        queue =
                QueueRunner.inMemory()
                        .handle(CHARGE, AskingInsideTest::charge)
                        .handle(
                                shop,
                                (call, request) ->
                                        call.enqueueOnce("pay", CHARGE, request, this::describe)
                                                .cid())
                        .build()
                        .start();
        String step = queue.enqueue(shop, "42").result().get(20, SECONDS);
        assertEquals("charge", queue.find(step).orElseThrow().handler());
    }

    @Test
    void aCodecMayAskTheQueue() throws Exception {
        CallCodec<String> counting =
                CallCodec.of(CallCodec.text().name(), this::withCount, String::new);
        CallTarget<String, String> target = CallTarget.of("charge", counting, CallCodec.text());
        QueuedCall<String> call = queue.enqueue(target, "calls before: ");
        assertEquals("paid calls before: 0", call.result().get(20, SECONDS));
    }

    private byte[] withCount(String text) {
        return (text + queue.counts().size()).getBytes(StandardCharsets.UTF_8);
    }
}
