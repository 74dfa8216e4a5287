package dev.reprise.samples.before;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.task.FailureHandler;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import java.time.Duration;
import java.time.Instant;
import javax.sql.DataSource;
import org.jobrunr.jobs.annotations.Job;
import org.jobrunr.scheduling.JobScheduler;

/**
 * Background jobs of other libraries, for {@code comparison.md}: compiled only, since they need a
 * database.
 */
final class SchedulersBefore {
    interface Gateway {
        String charge(String order, String key);
    }

    static Scheduler dbScheduler(DataSource dataSource, Gateway gateway) {
        // docs:begin before-db-scheduler
        OneTimeTask<String> charge =
                Tasks.oneTime("charge", String.class)
                        .onFailure(
                                FailureHandler.<String>maxRetries(4)
                                        .withBackoff(Duration.ofSeconds(1))
                                        .thenRemove())
                        .execute(
                                (instance, context) ->
                                        gateway.charge(instance.getData(), instance.getId()));
        Scheduler scheduler = Scheduler.create(dataSource, charge).build();
        scheduler.start();
        scheduler.schedule(charge.instance("order-42", "42 EUR"), Instant.now());
        // docs:end
        return scheduler;
    }

    static class Payments {
        // docs:begin before-jobrunr
        @Job(name = "charge %0", retries = 4)
        public void charge(String order) {
            gateway.charge(order, "order-42");
        }

        // docs:end

        private final Gateway gateway = (order, key) -> order + " paid";
    }

    static void jobRunr(JobScheduler jobScheduler, Payments payments) {
        // docs:begin before-jobrunr-enqueue
        jobScheduler.enqueue(() -> payments.charge("42 EUR"));
        // docs:end
    }
}
