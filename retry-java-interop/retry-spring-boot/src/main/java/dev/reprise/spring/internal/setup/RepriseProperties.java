package dev.reprise.spring.internal.setup;

import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What an application configures.
 *
 * @param policies Policies by name, in the notation of RetryPolicy.parse, such as
 *     "exponential(100ms, max=2s) maxAttempts(4)".
 * @param queue The durable queue.
 * @param workflows Workflows, in the database of the queue.
 */
@ConfigurationProperties("reprise")
public record RepriseProperties(
        @DefaultValue Map<String, String> policies,
        @DefaultValue Queue queue,
        @DefaultValue Workflows workflows) {
    /**
     * The durable queue.
     *
     * @param enabled Whether there is a queue; without one, no database is needed.
     * @param dataSource Name of the DataSource bean whose database keeps the calls. Default is the
     *     primary one.
     * @param sqlite SQLite file that keeps the calls, instead of a DataSource.
     * @param tablePrefix What the names of the tables start with.
     * @param migrate Whether to create and update the tables at the start.
     * @param transactions Whether enqueue and cancel join the transaction of the calling thread.
     * @param lanes Lanes by name.
     * @param defaultPolicy Policy of calls that have none: a name of reprise.policies, or a
     *     notation. Default is 81 attempts in three days.
     * @param retention How long calls that succeeded or were cancelled are kept.
     * @param pollInterval How often the database is polled for due calls of other processes.
     * @param workers Whether this process runs calls; otherwise it only enqueues.
     * @param workerName Name of this process that is the same when it is started again. With
     *     PostgreSQL, the calls and runs of workflows of a killed process then continue at once.
     *     Default is the process id.
     * @param failFast Whether the start fails when the database cannot be reached; otherwise the
     *     application starts, its health is DOWN, and the queue keeps trying.
     */
    public record Queue(
            @DefaultValue("false") boolean enabled,
            @Nullable String dataSource,
            @Nullable String sqlite,
            @DefaultValue("reprise_") String tablePrefix,
            @DefaultValue("true") boolean migrate,
            @DefaultValue("join") Transactions transactions,
            @DefaultValue Map<String, Lane> lanes,
            @Nullable String defaultPolicy,
            @DefaultValue("3d") Duration retention,
            @DefaultValue("1s") Duration pollInterval,
            @DefaultValue("true") boolean workers,
            @Nullable String workerName,
            @DefaultValue("false") boolean failFast) {}

    /**
     * A lane.
     *
     * @param concurrency How many of its calls run at a time in this process.
     */
    public record Lane(@DefaultValue("10") int concurrency) {}

    /**
     * Workflows, in the database of the queue.
     *
     * @param enabled Whether there is a WorkflowRunner.
     * @param retention How long runs that succeeded or were reverted are kept.
     */
    public record Workflows(
            @DefaultValue("false") boolean enabled, @DefaultValue("3d") Duration retention) {}

    /** Whether enqueue and cancel join the transaction of the calling thread. */
    public enum Transactions {
        /** Join it; without one, commit at once. */
        JOIN,
        /** Join it; without one, throw. */
        REQUIRE,
        /** Never join it. */
        SEPARATE
    }
}
