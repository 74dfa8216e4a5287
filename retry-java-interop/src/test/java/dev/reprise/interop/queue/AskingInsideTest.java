package dev.reprise.interop.queue;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.queue.model.Call;
import dev.reprise.queue.model.CallContext;
import dev.reprise.queue.model.CallHandle;
import dev.reprise.queue.model.CallOptions;
import dev.reprise.queue.model.PayloadCodec;
import dev.reprise.queue.model.Target;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** User code that a queue calls inside one of its methods may call the queue itself. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AskingInsideTest {
    private static final Target<String, String> CHARGE = Target.text("charge");

    @TempDir Path folder;
    private QueueRunner queue = QueueRunner.inMemory().build();
    private final Predicate<Call> hasErrors = call -> !queue.errors(call.getCid()).isEmpty();

    @BeforeEach
    void open() {
        queue = started(QueueRunner.open(folder.resolve("calls.db")));
    }

    @AfterEach
    void close() {
        queue.close();
    }

    private static QueueRunner started(QueueRunner.Builder builder) {
        return builder.handle(CHARGE, AskingInsideTest::charge).build().start();
    }

    private static String charge(CallContext call, String request) {
        if (request.equals("bad")) {
            throw call.reject("broken");
        }
        return "paid " + request;
    }

    private String dead() throws Exception {
        CallHandle<String> call = queue.enqueue(CHARGE, "bad");
        call.endAsync().get(20, SECONDS);
        return call.getCid();
    }

    @Test
    void aFilterOfDeadLettersMayCallTheQueue() throws Exception {
        String cid = dead();
        assertEquals(cid, queue.deadCalls(10, hasErrors).get(0).getCid());
        assertEquals(Set.of(cid), queue.replay(true, hasErrors).keySet());
        assertEquals(List.of(cid), queue.discard(true, hasErrors));
        assertEquals(List.of(cid), queue.discard(hasErrors));
    }

    @Test
    void aFilterMayCallAQueueInMemory() throws Exception {
        queue.close();
        queue = started(QueueRunner.inMemory());
        String cid = dead();
        assertEquals(List.of(cid), List.copyOf(queue.replay(hasErrors).keySet()));
    }

    @Test
    void aFilterMayCallAQueueInVirtualTime() throws Exception {
        queue.close();
        VirtualTime time = new VirtualTime();
        queue = started(QueueRunner.inMemory(time));
        String cid = queue.enqueue(CHARGE, "bad").getCid();
        time.await(queue.enqueue(CHARGE, "42").endAsync());
        assertEquals(cid, queue.deadCalls(1, hasErrors).get(0).getCid());
    }

    @Test
    void aFilterMayCallTheQueueWithItsOwnFilter() throws Exception {
        String cid = dead();
        List<Call> listed =
                queue.deadCalls(10, call -> queue.replay(true, hasErrors).containsKey(cid));
        assertEquals(cid, listed.get(0).getCid());
    }

    @Test
    void theOptionsOfACallMayEnqueueAnother() throws Exception {
        CallHandle<String> single = queue.enqueue(CHARGE, "1", this::describe);
        List<CallHandle<String>> several =
                queue.enqueueAll(CHARGE, List.of("2"), (request, how) -> describe(how));
        CallHandle<String> later = queue.enqueueAsync(CHARGE, "3", this::describe).get(20, SECONDS);
        for (CallHandle<String> call : List.of(single, several.get(0), later)) {
            String other = queue.find(call.getCid()).getContext();
            assertEquals("charge", queue.find(other).getHandler());
        }
    }

    private void describe(CallOptions how) {
        how.context(queue.enqueue(CHARGE, "described").getCid());
    }

    @Test
    void theOptionsOfAStepMayEnqueueAnother() throws Exception {
        queue.close();
        Target<String, String> shop = Target.text("shop");
        queue =
                QueueRunner.inMemory()
                        .handle(CHARGE, AskingInsideTest::charge)
                        .handle(
                                shop,
                                (context, request) ->
                                        queue.enqueueOnce(
                                                        context,
                                                        "pay",
                                                        CHARGE,
                                                        request,
                                                        this::describe)
                                                .getCid())
                        .build()
                        .start();
        String step = queue.enqueue(shop, "42").resultAsync().get(20, SECONDS);
        assertEquals("charge", queue.find(step).getHandler());
    }

    @Test
    void aCodecMayCallTheQueue() throws Exception {
        PayloadCodec<String> counting =
                PayloadCodec.of(PayloadCodec.Text.getName(), this::withCount, String::new);
        Target<String, String> target = new Target<>("charge", counting, PayloadCodec.Text);
        CallHandle<String> call = queue.enqueue(target, "calls before: ");
        assertEquals("paid calls before: 0", call.resultAsync().get(20, SECONDS));
    }

    private byte[] withCount(String text) {
        return (text + queue.counts().size()).getBytes(StandardCharsets.UTF_8);
    }
}
