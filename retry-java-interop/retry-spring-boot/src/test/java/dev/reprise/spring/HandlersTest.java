package dev.reprise.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.queue.InMemoryCallStore;
import dev.reprise.queue.model.CallContext;
import dev.reprise.queue.model.CallOutcome;
import dev.reprise.queue.model.Target;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;

class HandlersTest {
    record Order(String id, int cents) {}

    record Receipt(String order, String cid) {}

    static class Charges {
        final BlockingQueue<String> log = new LinkedBlockingQueue<>();

        @DurableHandler("charge")
        Receipt charge(Order order, CallContext context) {
            log.add("charge " + order + " on " + Thread.currentThread().getName());
            return new Receipt(order.id(), context.getCid());
        }

        @DurableHandler("ship")
        CompletableFuture<String> ship(Order order) {
            return CompletableFuture.completedFuture("shipped " + order.id());
        }

        @DurableHandler(value = "note", lane = "notes", version = 3)
        void note(String text) {
            log.add(text);
        }

        @DurableCallback("charged")
        void charged(CallOutcome outcome) {
            log.add("charged: " + outcome.getOk());
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class ChargesConfiguration {
        @Bean
        InMemoryCallStore store() {
            return new InMemoryCallStore();
        }

        @Bean
        @Lazy
        Charges charges() {
            return new Charges();
        }

        @Bean
        DurableHandlerBean<String, String> upper() {
            return new DurableHandlerBean<>(
                    Target.text("upper"), (context, text) -> text.toUpperCase(), options -> {});
        }
    }

    private final ApplicationContextRunner application =
            Contexts.withQueue()
                    .withPropertyValues("reprise.queue.lanes.notes.concurrency=1")
                    .withUserConfiguration(ChargesConfiguration.class);

    @Test
    void aMethodHandlesCallsWhoseRequestsAndResponsesAreJson() {
        application.run(
                context -> {
                    Target<Order, Receipt> charge =
                            context.getBean(JsonTargets.class)
                                    .of("charge", Order.class, Receipt.class);
                    QueueRunner queue = context.getBean(QueueRunner.class);
                    var call =
                            queue.enqueue(charge, new Order("7", 4200), c -> c.callback("charged"));
                    assertThat(call.resultAsync().get(10, TimeUnit.SECONDS))
                            .isEqualTo(new Receipt("7", call.getCid()));
                    BlockingQueue<String> log = context.getBean(Charges.class).log;
                    assertThat(log.poll(10, TimeUnit.SECONDS))
                            .matches(
                                    "charge Order\\[id=7, cents=4200\\] on reprise-handler-\\d+.*");
                    assertThat(log.poll(10, TimeUnit.SECONDS)).isEqualTo("charged: true");
                    assertThat(queue.find(call.getCid()).getRequest().getCodec()).isEqualTo("json");
                });
    }

    @Test
    void theThreadOfAHandlerFindsTheClassesOfTheApplicationAndInheritsNothing() {
        ClassLoader own = new URLClassLoader(new URL[0], HandlersTest.class.getClassLoader());
        InheritableThreadLocal<String> tenant = new InheritableThreadLocal<>();
        BlockingQueue<String> log = new LinkedBlockingQueue<>();
        Contexts.withQueue()
                .withClassLoader(own)
                .withBean(InMemoryCallStore.class, InMemoryCallStore::new)
                .withBean(
                        DurableHandlerBean.class,
                        () ->
                                new DurableHandlerBean<>(
                                        Target.text("look"),
                                        (context, text) -> {
                                            Thread thread = Thread.currentThread();
                                            log.add(
                                                    (thread.getContextClassLoader() == own)
                                                            + " "
                                                            + tenant.get());
                                            return text;
                                        },
                                        options -> {}))
                .run(
                        context -> {
                            tenant.set("someone else");
                            QueueRunner queue = context.getBean(QueueRunner.class);
                            queue.invoke(Target.text("look"), "");
                            assertThat(log.poll(10, TimeUnit.SECONDS)).isEqualTo("true null");
                        });
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_21)
    void handlersRunOnVirtualThreadsWhereTheApplicationDoesAndInheritNothing() {
        InheritableThreadLocal<String> tenant = new InheritableThreadLocal<>();
        BlockingQueue<String> log = new LinkedBlockingQueue<>();
        Contexts.withQueue()
                .withPropertyValues("spring.threads.virtual.enabled=true")
                .withBean(InMemoryCallStore.class, InMemoryCallStore::new)
                .withBean(
                        DurableHandlerBean.class,
                        () ->
                                new DurableHandlerBean<>(
                                        Target.text("look"),
                                        (context, text) -> {
                                            Thread thread = Thread.currentThread();
                                            log.add(
                                                    thread.getClass().getSimpleName()
                                                            + " "
                                                            + thread.getName()
                                                            + " "
                                                            + tenant.get());
                                            return text;
                                        },
                                        options -> {}))
                .run(
                        context -> {
                            tenant.set("someone else");
                            context.getBean(QueueRunner.class).invoke(Target.text("look"), "");
                            assertThat(log.poll(10, TimeUnit.SECONDS))
                                    .matches("VirtualThread reprise-handler-\\d+.* null");
                        });
    }

    @Test
    void aMethodThatReturnsAStageNeedsNoThreadWhileItWaits() {
        application.run(
                context -> {
                    Target<Order, String> ship =
                            context.getBean(JsonTargets.class)
                                    .of("ship", Order.class, String.class);
                    assertThat(
                                    context.getBean(QueueRunner.class)
                                            .enqueue(ship, new Order("7", 1))
                                            .resultAsync()
                                            .get(10, TimeUnit.SECONDS))
                            .isEqualTo("shipped 7");
                });
    }

    @Test
    void aMethodWithoutResultHasALaneAndAVersion() {
        application.run(
                context -> {
                    Target<String, Void> note =
                            context.getBean(JsonTargets.class).of("note", String.class, Void.class);
                    context.getBean(QueueRunner.class).enqueue(note, "hello");
                    assertThat(context.getBean(Charges.class).log.poll(10, TimeUnit.SECONDS))
                            .isEqualTo("hello");
                });
    }

    @Test
    void aBeanOfTheTypeForHandlersIsRegistered() {
        application.run(
                context ->
                        assertThat(
                                        context.getBean(QueueRunner.class)
                                                .enqueue(Target.text("upper"), "hello")
                                                .resultAsync()
                                                .get(10, TimeUnit.SECONDS))
                                .isEqualTo("HELLO"));
    }

    static class Texts {
        @DurableHandler("text")
        String text(String text) {
            return text + "!";
        }
    }

    @Test
    void aTargetOfThisNameDecidesTheCodecs() {
        application
                .withBean(Texts.class)
                .withBean("target", Target.class, () -> Target.text("text"))
                .run(
                        context ->
                                assertThat(
                                                context.getBean(QueueRunner.class)
                                                        .enqueue(Target.text("text"), "hello")
                                                        .resultAsync()
                                                        .get(10, TimeUnit.SECONDS))
                                        .isEqualTo("hello!"));
    }

    static class OtherCharges {
        @DurableHandler("charge")
        String again(Order order) {
            return order.id();
        }
    }

    @Test
    void twoHandlersOfOneNameAreRefused() {
        application
                .withBean("other", OtherCharges.class)
                .run(
                        context ->
                                assertThat(Contexts.mistake(context))
                                        .contains("two handlers have one name: ")
                                        .contains("'charge' (charge of bean 'charges')")
                                        .contains("'charge' (again of bean 'other')"));
    }

    @Test
    void handlersWithoutAQueueAreRefused() {
        Contexts.application()
                .withBean("other", OtherCharges.class)
                .run(
                        context ->
                                assertThat(Contexts.mistake(context))
                                        .isEqualTo(
                                                "there are handlers of durable calls, but no queue:"
                                                        + " 'charge' (again of bean 'other'); set"
                                                        + " reprise.queue.enabled=true"));
    }

    @Test
    void aLaneThatNoHandlerUsesIsRefused() {
        application
                .withPropertyValues("reprise.queue.lanes.payments.concurrency=8")
                .run(
                        context ->
                                assertThat(Contexts.mistake(context))
                                        .isEqualTo(
                                                "reprise.queue: no handler is in the lane"
                                                        + " 'payments'; set the lane of a handler to"
                                                        + " 'payments'"));
    }

    static class WrongParameters {
        @DurableHandler("wrong")
        String wrong(CallContext context) {
            return "";
        }
    }

    @Test
    void aMethodWithOtherParametersIsRefused() {
        application
                .withBean("wrong", WrongParameters.class)
                .run(
                        context ->
                                assertThat(Contexts.mistake(context))
                                        .isEqualTo(
                                                "'wrong' (wrong of bean 'wrong'): its parameters"
                                                        + " are [class"
                                                        + " dev.reprise.queue.model.CallContext]; they"
                                                        + " must be the request and, if it is needed, a"
                                                        + " CallContext"));
    }
}
