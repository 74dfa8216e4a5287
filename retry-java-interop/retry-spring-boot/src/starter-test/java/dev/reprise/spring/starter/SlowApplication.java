package dev.reprise.spring.starter;

import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.queue.model.Target;
import dev.reprise.spring.DurableHandlerBean;
import java.time.Duration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** A service whose requests take a second, and whose handlers take longer than the shutdown. */
@EnableAutoConfiguration(
        excludeName = {
            "org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration",
            "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
            "org.springframework.boot.autoconfigure.orm.jpa.HibernateJpaAutoConfiguration",
            "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration"
        })
@Configuration(proxyBeanMethods = false)
@Import(SlowApplication.Requests.class)
class SlowApplication {
    static final Duration PHASE = Duration.ofSeconds(10);
    private static final Target<String, String> WORK = Target.text("work");

    public static void main(String[] arguments) {
        var application =
                new SpringApplicationBuilder(SlowApplication.class)
                        .run(
                                "--server.port=0",
                                "--server.shutdown=graceful",
                                "--spring.lifecycle.timeout-per-shutdown-phase=" + PHASE.toSeconds() + "s",
                                "--reprise.queue.enabled=true",
                                "--reprise.queue.sqlite=" + arguments[0]);
        System.out.println(
                "port " + application.getEnvironment().getProperty("local.server.port"));
    }

    @Bean
    DurableHandlerBean<String, String> work() {
        return new DurableHandlerBean<>(
                WORK,
                (context, text) -> {
                    Thread.sleep(60_000);
                    return text;
                },
                options -> {});
    }

    @RestController
    static class Requests {
        private final QueueRunner queue;

        Requests(QueueRunner queue) {
            this.queue = queue;
        }

        @GetMapping("/slow")
        String slow() throws InterruptedException {
            System.out.println("in request");
            Thread.sleep(1_500); // the work of a request, during which the process is asked to end
            return queue.enqueue(WORK, "slow").getCid();
        }
    }
}
