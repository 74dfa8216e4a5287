package dev.reprise.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reprise.console.Console;
import dev.reprise.console.model.ConsoleRequest;
import dev.reprise.queue.InMemoryCallStore;
import dev.reprise.queue.RetryQueue;
import dev.reprise.queue.spi.CallStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.assertj.AssertableWebApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.web.servlet.function.RouterFunction;

@ExtendWith(OutputCaptureExtension.class)
class ConsoleMountTest {
    private static WebApplicationContextRunner application() {
        return new WebApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(Contexts.configurations()))
                .withBean(CallStore.class, InMemoryCallStore::new)
                .withPropertyValues("reprise.queue.enabled=true");
    }

    private static WebApplicationContextRunner mounted() {
        return application().withPropertyValues("reprise.console.path=/ops");
    }

    /** The status of the response to a visitor who has one role. */
    private static int status(AssertableWebApplicationContext context, String role)
            throws InterruptedException {
        ConsoleRequest request =
                ConsoleRequest.builder("GET", "/").user("ada").roles(role::equals).build();
        return context.getBean(Console.class).handleBlocking(request).getStatus();
    }

    @Test
    void withoutAPathThereIsNoConsole() {
        application()
                .run(
                        context ->
                                assertThat(context)
                                        .doesNotHaveBean(Console.class)
                                        .doesNotHaveBean(RouterFunction.class));
    }

    @Test
    void aRoleOpensIt(CapturedOutput output) {
        mounted()
                .withPropertyValues("reprise.console.read-role=OPS_READ")
                .run(
                        context -> {
                            assertThat(context).hasSingleBean(RouterFunction.class);
                            assertThat(status(context, "OPS_READ")).isEqualTo(200);
                            assertThat(status(context, "SALES")).isEqualTo(403);
                        });
        assertThat(output).doesNotContain("the console responds to everybody with 403");
    }

    @Test
    void withoutARoleItIsClosedAndSaysSo(CapturedOutput output) {
        mounted().run(context -> assertThat(status(context, "OPS")).isEqualTo(403));
        assertThat(output)
                .contains(
                        "the console responds to everybody with 403: set reprise.console.read-role"
                                + " or reprise.console.operate-role");
    }

    @Test
    void withoutSpringSecurityItIsClosedAndSaysSo(CapturedOutput output) {
        mounted()
                .withPropertyValues("reprise.console.operate-role=OPS")
                .withClassLoader(new FilteredClassLoader("org.springframework.security"))
                .run(context -> assertThat(context).hasSingleBean(Console.class));
        assertThat(output)
                .contains(
                        "the console responds to everybody with 403: Spring Security is not on the"
                                + " class path; add it and set reprise.console.operate-role, or set"
                                + " reprise.console.open-to-everyone=true");
    }

    @Test
    void itIsOpenToEveryoneIfThatIsWritten(CapturedOutput output) {
        mounted()
                .withPropertyValues("reprise.console.open-to-everyone=true")
                .withClassLoader(new FilteredClassLoader("org.springframework.security"))
                .run(context -> assertThat(status(context, "none")).isEqualTo(200));
        assertThat(output).doesNotContain("403");
    }

    @Test
    void aConsoleOfTheApplicationIsMountedInstead() {
        Console own = new Console(new InMemoryCallStore(), console -> null);
        mounted()
                .withBean(Console.class, () -> own)
                .run(
                        context -> {
                            assertThat(context.getBean(Console.class)).isSameAs(own);
                            assertThat(context).hasSingleBean(RouterFunction.class);
                        });
    }

    @Test
    void aPathThatIsNoneIsRefused() {
        for (String path : new String[] {"ops", "/", "/ops//calls", "/{tenant}"}) {
            application()
                    .withPropertyValues("reprise.console.path=" + path)
                    .run(
                            context ->
                                    assertThat(Contexts.mistake(context.getStartupFailure()))
                                            .isEqualTo(
                                                    "reprise.console.path must be a path such as"
                                                            + " /ops/reprise, but was '"
                                                            + path
                                                            + "'"));
        }
    }

    @Test
    void withoutAQueueItIsRefused() {
        mounted()
                .withPropertyValues("reprise.queue.enabled=false")
                .run(
                        context ->
                                assertThat(Contexts.mistake(context.getStartupFailure()))
                                        .isEqualTo(
                                                "reprise.console.path is set, but there is no queue"
                                                        + " to show: set reprise.queue.enabled=true,"
                                                        + " or declare a bean of type Console"));
    }

    @Test
    void withoutTheModuleItIsRefused() {
        mounted()
                .withClassLoader(new FilteredClassLoader("dev.reprise.console"))
                .run(
                        context ->
                                assertThat(Contexts.mistake(context.getStartupFailure()))
                                        .isEqualTo(
                                                "reprise.console.path is set, but the console is not"
                                                        + " on the class path: add"
                                                        + " dev.reprise:retry-console"));
    }

    @Test
    void webFluxSaysThatItIsNotMounted(CapturedOutput output) {
        new ReactiveWebApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(Contexts.configurations()))
                .withBean(CallStore.class, InMemoryCallStore::new)
                .withPropertyValues("reprise.queue.enabled=true", "reprise.console.path=/ops")
                .run(context -> assertThat(context).doesNotHaveBean(Console.class));
        assertThat(output)
                .contains(
                        "reprise.console.path is set, but the console is not mounted: it needs"
                                + " Spring MVC, and this application uses WebFlux; serve it on a"
                                + " port of its own with ConsoleServer");
    }

    @Test
    void anApplicationWithoutAServerSaysThatItIsNotMounted(CapturedOutput output) {
        ApplicationContextRunner application =
                Contexts.withQueue()
                        .withBean(CallStore.class, InMemoryCallStore::new)
                        .withPropertyValues("reprise.console.path=/ops");
        application.run(ConsoleMountTest::hasNoConsole);
        assertThat(output).contains("Spring MVC, and this application has no web server");
    }

    private static void hasNoConsole(AssertableApplicationContext context) {
        assertThat(context).hasSingleBean(RetryQueue.class).doesNotHaveBean(Console.class);
    }
}
