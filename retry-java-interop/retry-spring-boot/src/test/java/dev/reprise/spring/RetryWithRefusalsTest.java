package dev.reprise.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reprise.interop.RetryWith;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.resilience.annotation.Retryable;
import reactor.core.publisher.Mono;

class RetryWithRefusalsTest {
    private final ApplicationContextRunner application =
            Contexts.application().withPropertyValues("reprise.policies.prices=maxAttempts(3)");

    private <T> String refusal(Class<T> type, Supplier<T> bean) {
        String[] message = new String[1];
        application
                .withBean("refused", type, bean)
                .run(context -> message[0] = Contexts.mistake(context));
        return message[0];
    }

    static class UnknownName {
        @RetryWith("stock")
        void call() {}
    }

    @Test
    void aNameThatNoPolicyHas() {
        assertThat(refusal(UnknownName.class, UnknownName::new))
                .isEqualTo(
                        "bean 'refused': @RetryWith of "
                                + UnknownName.class.getName()
                                + ".call: no policy is named 'stock'; the names are prices");
    }

    static class Unreadable {
        @RetryWith("evry(1ms) maxAttempts(3)")
        void call() {}
    }

    @Test
    void aNotationThatCannotBeRead() {
        assertThat(refusal(Unreadable.class, Unreadable::new))
                .contains("Unreadable.call: ")
                .contains("evry(1ms) maxAttempts(3)")
                .contains("^");
    }

    static class Reactive {
        @RetryWith("prices")
        Mono<String> call() {
            return Mono.empty();
        }
    }

    @Test
    void aReactiveResult() {
        assertThat(refusal(Reactive.class, Reactive::new))
                .endsWith(
                        "Reactive.call: it returns reactor.core.publisher.Mono, whose failure a"
                                + " retry of the call cannot see; supported are blocking methods,"
                                + " CompletionStage, CompletableFuture, Kotlin suspend methods and"
                                + " Flow");
    }

    static class WithoutRecovery {
        @RetryWith(value = "prices", recover = "lastKnown")
        String call(String sku) {
            return sku;
        }

        String lastKnown(int other) {
            return "" + other;
        }
    }

    @Test
    void aRecoverMethodThatDoesNotFit() {
        assertThat(refusal(WithoutRecovery.class, WithoutRecovery::new))
                .endsWith(
                        "has no such method with the signature it needs: String"
                                + " lastKnown([Exception], String)");
    }

    static final class FinalClass {
        @RetryWith("prices")
        void call() {}
    }

    static class FinalMethod {
        @RetryWith("prices")
        final void call() {}
    }

    @Test
    void whatAProxyCannotIntercept() {
        String remedy =
                " is final, so a proxy cannot intercept it: open it, or for Kotlin apply the Spring"
                        + " compiler plugin";
        assertThat(refusal(FinalClass.class, FinalClass::new))
                .endsWith("FinalClass.call: its class" + remedy);
        assertThat(refusal(FinalMethod.class, FinalMethod::new))
                .endsWith("FinalMethod.call: the method" + remedy);
    }

    static class PrivateMethod {
        @RetryWith("prices")
        @SuppressWarnings("unused")
        private void call() {}
    }

    @Test
    void aPrivateMethod() {
        assertThat(refusal(PrivateMethod.class, PrivateMethod::new))
                .endsWith(
                        "PrivateMethod.call: the method is private, so the annotation has no"
                                + " effect: only calls of methods that can be overridden are retried");
    }

    interface Unrelated {
        void other();
    }

    static class OutsideInterface implements Unrelated {
        @RetryWith("prices")
        public void call() {}

        @Override
        public void other() {}
    }

    @Test
    void aMethodThatTheInterfacesOfTheProxyDoNotHave() {
        String[] message = new String[1];
        application
                .withPropertyValues("spring.aop.proxy-target-class=false")
                .withBean(OutsideInterface.class, OutsideInterface::new)
                .run(context -> message[0] = Contexts.mistake(context));
        assertThat(message[0])
                .endsWith(
                        "OutsideInterface.call: the proxy of the bean implements interfaces, and"
                                + " none declares it: declare it there, or set"
                                + " spring.aop.proxy-target-class=true");
    }

    static class Twice {
        @Retryable
        @RetryWith("prices")
        void call() {}
    }

    @Test
    void aMethodThatSpringRetriesToo() {
        assertThat(refusal(Twice.class, Twice::new))
                .endsWith(
                        "Twice.call: it has @Retryable too; two retries would multiply: keep one");
    }
}
