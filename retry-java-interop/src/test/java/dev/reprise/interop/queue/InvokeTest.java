package dev.reprise.interop.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.RetryPolicy;
import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.queue.model.CallContext;
import dev.reprise.queue.model.CallFailedException;
import dev.reprise.queue.model.CallHandle;
import dev.reprise.queue.model.CallOutcome;
import dev.reprise.queue.model.InvokeResult;
import dev.reprise.queue.model.Target;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The modes of invocation, the callbacks, and the recorded source. */
class InvokeTest {
    private static final Target<String, String> CHARGE = Target.text("charge");
    private static final Target<String, String> SHOP = Target.text("shop");
    private static final Target<String, String> SHIP = Target.text("ship");

    private final VirtualTime time = new VirtualTime();
    private final AtomicInteger calls = new AtomicInteger();
    private final List<CallOutcome> told = new ArrayList<>();
    private QueueRunner queue = QueueRunner.inMemory(time).build();

    private QueueRunner.Builder gateway(int failures) {
        return QueueRunner.inMemory(time)
                .handle(
                        CHARGE,
                        (call, request) -> {
                            if (calls.incrementAndGet() <= failures) {
                                throw new IOException("down " + calls);
                            }
                            return "paid at attempt " + call.getAttempt();
                        })
                .callback("charged", told::add);
    }

    @AfterEach
    void close() {
        queue.close();
    }

    @Test
    void invokeRunsAllAttemptsItselfAndStoresNothing() throws Exception {
        queue = gateway(2).build();
        assertEquals(
                "paid at attempt 3",
                queue.invoke(CHARGE, "42", RetryPolicy.parse("every(10s) maxAttempts(3)")));
        assertEquals(Duration.ofSeconds(20), time.elapsed());
        calls.set(-10);
        CallFailedException e =
                assertThrows(
                        CallFailedException.class,
                        () -> queue.invoke(CHARGE, "42", RetryPolicy.parse("maxAttempts(3)")));
        assertEquals(3, e.getAttempts());
        assertEquals(
                List.of("down -9", "down -8", "down -7"),
                e.getCauses().stream().map(Throwable::getMessage).toList());
        assertEquals(List.of(), queue.counts());
    }

    @Test
    void invokeAsyncIsTheSameWithoutBlocking() throws Exception {
        queue = gateway(2).build();
        CompletableFuture<String> paid =
                queue.invokeAsync(CHARGE, "42", RetryPolicy.parse("every(10s) maxAttempts(3)"));
        time.advanceBy(Duration.ofSeconds(19));
        assertEquals(2, calls.get());
        assertEquals("paid at attempt 3", time.await(paid));
    }

    @Test
    void invokeOrDeferReturnsTheValueOrDefersOneCallAndThree() throws Exception {
        queue = gateway(0).build().start();
        assertEquals(
                "Completed(paid at attempt 1)",
                queue.invokeOrDefer(CHARGE, "42", c -> {}).toString());
        calls.set(-10);
        InvokeResult<String> deferred =
                queue.invokeOrDefer(
                        CHARGE,
                        "42",
                        c -> c.policy("every(10s) maxAttempts(3)").callback("charged"));
        assertEquals(-9, calls.get());
        String cid = assertInstanceOf(InvokeResult.Deferred.class, deferred).getCid();
        time.advanceBy(Duration.ofSeconds(30));
        assertEquals(-6, calls.get());
        assertEquals(cid, told.get(0).getCallCid());
        assertEquals(4, told.get(0).getAttempts());
    }

    @Test
    void persistFirstStoresTheCallBeforeItsFirstAttempt() throws Exception {
        queue = gateway(1).build().start();
        InvokeResult<String> deferred =
                time.await(
                        queue.invokeOrDeferAsync(
                                CHARGE, "42", true, c -> c.policy("every(1m) maxAttempts(1)")));
        assertEquals(1, calls.get());
        String cid = assertInstanceOf(InvokeResult.Deferred.class, deferred).getCid();
        assertEquals(1, queue.find(cid).getFailures());
        time.advanceBy(Duration.ofMinutes(1));
        assertEquals(2, queue.find(cid).getAttempts());
        assertEquals(
                "Completed(paid at attempt 1)",
                queue.invokeOrDefer(CHARGE, "43", true, c -> {}).toString());
    }

    @Test
    void optionsMayBeLeftOut() throws Exception {
        queue = gateway(0).build().start();
        String paid = "Completed(paid at attempt 1)";
        assertEquals(paid, queue.invokeOrDefer(CHARGE, "42").toString());
        assertEquals(paid, queue.invokeOrDefer(CHARGE, "42", true, c -> {}).toString());
        CallHandle<String> call = time.await(queue.enqueueAsync(CHARGE, "42"));
        assertEquals("paid at attempt 1", time.await(call.resultAsync()));
    }

    @Test
    void aCallbackIsNotifiedOfTheOutcomeOnceInItsOwnCall() throws Exception {
        queue = gateway(2).build().start();
        CallHandle<String> call =
                queue.enqueue(
                        CHARGE,
                        "42",
                        c ->
                                c.policy("every(10s) maxAttempts(3)")
                                        .callback("charged")
                                        .context("order 7"));
        assertEquals("paid at attempt 3", time.await(call.resultAsync()));
        time.advanceBy(Duration.ZERO);
        assertEquals(1, told.size());
        assertEquals(
                "{'ok':true,'source':null,'target':'charge','retry_repeats':3,'retry_seconds':10,"
                        + ("'call_cid':'" + call.getCid() + "','orig_cid':null,")
                        + "'req_ts_utc':'1970-01-01T00:00:00Z','resp_ts_utc':'1970-01-01T00:00:20Z',"
                        + "'response':'paid at attempt 3','context':'order 7','state':'SUCCEEDED',"
                        + "'attempts':3,'errors':['java.io.IOException: down 1',"
                        + "'java.io.IOException: down 2']}",
                told.get(0).toJson().replace('"', '\''));
    }

    @Test
    void sourceAndOrigCidAreTakenFromTheCallingHandler() throws Exception {
        queue =
                gateway(99)
                        .policy("maxAttempts(1)")
                        .handle(
                                SHOP,
                                request -> {
                                    queue.enqueue(CHARGE, "by thread", c -> c.callback("charged"));
                                    return "";
                                })
                        .handleAsync(
                                SHIP,
                                (call, request) ->
                                        CompletableFuture.supplyAsync(
                                                () -> inLaterStage(call),
                                                task -> time.after(Duration.ZERO, task)),
                                how -> {})
                        .build()
                        .start();
        String shop = queue.enqueue(SHOP, "").getCid();
        time.advanceBy(Duration.ofSeconds(1));
        String ship = queue.enqueue(SHIP, "").getCid();
        time.advanceBy(Duration.ofSeconds(1));
        assertEquals(
                List.of("shop " + shop, "ship " + ship),
                told.stream().map(o -> o.getSource() + " " + o.getOrigCid()).toList());
    }

    private String inLaterStage(CallContext context) {
        try {
            return context.runAs(
                    () -> queue.enqueue(CHARGE, "later", c -> c.callback("charged")).getCid());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void eachStepOfARetriedHandlerIsEnqueuedOnce() throws Exception {
        List<String> steps = new ArrayList<>();
        queue =
                QueueRunner.inMemory(time)
                        .handle(
                                SHOP,
                                (call, request) -> {
                                    queue.enqueueOnce(call, "charge", CHARGE, request);
                                    if (call.getAttempt() < 3) {
                                        throw new IOException("down");
                                    }
                                    CallHandle<String> ship =
                                            queue.enqueueOnce(
                                                    call,
                                                    "ship",
                                                    SHIP,
                                                    request,
                                                    c -> c.priority(9));
                                    assertTrue(ship.isNew());
                                    return "done";
                                })
                        .handle(CHARGE, step -> "" + steps.add("charge " + step))
                        .handle(SHIP, step -> "" + steps.add("ship " + step))
                        .build()
                        .start();
        assertEquals("done", time.await(queue.enqueue(SHOP, "42").resultAsync()));
        time.advanceBy(Duration.ofSeconds(1));
        assertEquals(List.of("charge 42", "ship 42"), steps);
    }
}
