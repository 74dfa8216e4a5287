package dev.reprise.spring.internal.console;

import dev.reprise.console.Console;
import dev.reprise.queue.RetryQueue;
import dev.reprise.spring.internal.RepriseQueueAutoConfiguration;
import dev.reprise.spring.internal.setup.ConfigurationMistake;
import dev.reprise.workflow.spi.WorkflowStore;
import jakarta.servlet.Servlet;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnNotWebApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.web.servlet.function.RequestPredicates;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.RouterFunctions;
import org.springframework.web.servlet.function.ServerResponse;

/** Mounts the console under {@code reprise.console.path}. */
@AutoConfiguration(after = RepriseQueueAutoConfiguration.class)
@ConditionalOnProperty("reprise.console.path")
public class ConsoleAutoConfiguration {
    ConsoleAutoConfiguration() {}

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
    @ConditionalOnClass({Console.class, Servlet.class, RouterFunction.class})
    @EnableConfigurationProperties(ConsoleProperties.class)
    static class Mounted {
        @Bean
        @ConditionalOnMissingBean
        Console repriseConsole(
                ConsoleProperties properties,
                ObjectProvider<RetryQueue> queue,
                ObjectProvider<WorkflowStore> workflows,
                ObjectProvider<HostCsrf> csrf,
                Environment environment) {
            ConsoleAccess access = ConsoleAccess.of(properties, csrf.getIfAvailable() != null);
            return Console.of(
                    queue(queue),
                    console -> {
                        console.setTitle(
                                environment.getProperty("spring.application.name", "reprise"));
                        console.setStage(properties.stage());
                        console.setPayloads(properties.payloads());
                        console.access(access::of);
                        workflows.ifUnique(console::workflows);
                    });
        }

        private static RetryQueue queue(ObjectProvider<RetryQueue> queue) {
            RetryQueue known = queue.getIfUnique();
            if (known == null) {
                throw new ConfigurationMistake(
                        "reprise.console.path is set, but there is no queue to show: set"
                                + " reprise.queue.enabled=true, or declare a bean of type Console");
            }
            return known;
        }

        @Bean
        ConsoleHandler repriseConsoleHandler(
                ConsoleProperties properties, Console console, ObjectProvider<HostCsrf> csrf) {
            HostCsrf none = (request, builder) -> {};
            return new ConsoleHandler(console, properties.mount(), csrf.getIfAvailable(() -> none));
        }

        @Bean
        RouterFunction<ServerResponse> repriseConsoleRoute(
                ConsoleProperties properties, ConsoleHandler handler) {
            return RouterFunctions.route(
                    RequestPredicates.path(properties.mount() + "/**"), handler);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass({Console.class, Servlet.class, CsrfToken.class})
    static class Security {
        @Bean
        HostCsrf repriseConsoleCsrf() {
            return new SecurityCsrf();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
    static class Reactive {
        @Bean
        SmartInitializingSingleton repriseConsoleNotMounted() {
            return new NotMounted("uses WebFlux");
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnNotWebApplication
    static class WithoutServer {
        @Bean
        SmartInitializingSingleton repriseConsoleNotMounted() {
            return new NotMounted("has no web server");
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnMissingClass("dev.reprise.console.Console")
    static class WithoutConsole {
        WithoutConsole() {
            throw new ConfigurationMistake(
                    "reprise.console.path is set, but the console is not on the class path: add"
                            + " dev.reprise:retry-console");
        }
    }
}
