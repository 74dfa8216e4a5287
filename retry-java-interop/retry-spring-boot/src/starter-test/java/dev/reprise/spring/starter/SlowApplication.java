package dev.reprise.spring.starter;

import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.queue.model.Target;
import dev.reprise.spring.DurableHandlerBean;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** A service whose requests last until the queue has stopped, and whose handlers last longer. */
@EnableAutoConfiguration(
        excludeName = {
            "org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration",
            "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
            "org.springframework.boot.autoconfigure.orm.jpa.HibernateJpaAutoConfiguration",
            "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration"
        })
@Configuration(proxyBeanMethods = false)
@Import({
    SlowApplication.Requests.class,
    SlowApplication.AfterTheQueue.class,
    OpenSecurity.class
})
class SlowApplication {
    static final Duration PHASE = Duration.ofSeconds(10);
    private static final Target<String, String> WORK = Target.text("work");

    public static void main(String[] arguments) {
        var application =
                new SpringApplicationBuilder(SlowApplication.class)
                        .run(
                                "--server.port=0",
                                "--server.shutdown=graceful",
                                "--spring.lifecycle.timeout-per-shutdown-phase="
                                        + PHASE.toSeconds()
                                        + "s",
                                "--reprise.queue.enabled=true",
                                "--reprise.queue.sqlite=" + arguments[0]);
        application.getBean(QueueRunner.class).enqueue(WORK, "endless");
        System.out.println("port " + application.getEnvironment().getProperty("local.server.port"));
    }

    @Bean
    DurableHandlerBean<String, String> work() {
        return new DurableHandlerBean<>(
                WORK,
                (context, text) -> {
                    new CountDownLatch(1).await();
                    return text;
                },
                options -> {});
    }

    /** Stops after the queue and before the web server. */
    static class AfterTheQueue implements SmartLifecycle {
        private final CountDownLatch isStopped = new CountDownLatch(1);
        private volatile boolean isRunning;

        @Override
        public void start() {
            isRunning = true;
        }

        @Override
        public void stop() {
            isRunning = false;
            isStopped.countDown();
        }

        @Override
        public boolean isRunning() {
            return isRunning;
        }

        @Override
        public int getPhase() {
            return DEFAULT_PHASE - 1;
        }
    }

    @RestController
    static class Requests {
        private final QueueRunner queue;
        private final AfterTheQueue afterTheQueue;

        Requests(QueueRunner queue, AfterTheQueue afterTheQueue) {
            this.queue = queue;
            this.afterTheQueue = afterTheQueue;
        }

        @GetMapping("/slow")
        String slow() throws InterruptedException {
            System.out.println("in request");
            afterTheQueue.isStopped.await();
            return queue.enqueue(WORK, "slow").getCid();
        }
    }
}
