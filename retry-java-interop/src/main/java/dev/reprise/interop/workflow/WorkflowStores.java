package dev.reprise.interop.workflow;

import static java.util.Objects.requireNonNull;

import dev.reprise.workflow.JdbcWorkflowStore;
import dev.reprise.workflow.model.ValueCodec;
import java.nio.file.Path;
import java.time.Duration;
import javax.sql.DataSource;

/**
 * Stores from which another process goes on with a run when the one before it has died.
 *
 * <p>Results and inputs are written by a {@code ValueCodec}; {@code ValueCodec.Simple} knows texts,
 * numbers, dates, and lists and maps of them.
 */
public final class WorkflowStores {
    private static final Duration LEASE = Duration.ofSeconds(20);

    private WorkflowStores() {}

    /**
     * Opens a store in a SQLite file, which is made if it is not there. It needs {@code
     * org.xerial:sqlite-jdbc}.
     *
     * @param file several processes of one machine may open it
     * @return the store, with its tables; the caller closes it
     */
    public static JdbcWorkflowStore sqlite(Path file) {
        return sqlite(file, ValueCodec.Simple, LEASE);
    }

    /**
     * Opens a store in a SQLite file; see {@link #sqlite(Path)}.
     *
     * @param file several processes of one machine may open it
     * @param codec writes results and inputs
     * @param lease how long a run stays with a process that is heard of no more; default: 20 s
     * @return the store, with its tables; the caller closes it
     * @throws IllegalArgumentException if {@code lease} is below a second
     */
    public static JdbcWorkflowStore sqlite(Path file, ValueCodec codec, Duration lease) {
        return StoreBridge.sqlite(
                requireNonNull(file, "file"), requireNonNull(codec, "codec"), lease);
    }

    /**
     * Makes a store in a PostgreSQL or SQLite database. Its tables are made by {@link #migrate}, or
     * by hand from the scripts in the jar.
     *
     * @param source a pool whose acquisition has a time limit
     * @return the store
     */
    public static JdbcWorkflowStore jdbc(DataSource source) {
        return jdbc(source, "reprise_", ValueCodec.Simple, LEASE);
    }

    /**
     * Makes a store in a PostgreSQL or SQLite database; see {@link #jdbc(DataSource)}.
     *
     * @param source a pool whose acquisition has a time limit
     * @param tablePrefix begins the names of all tables; default: {@code reprise_}
     * @param codec writes results and inputs
     * @param lease how long a run stays with a process that is heard of no more; default: 20 s
     * @return the store
     * @throws IllegalArgumentException if {@code tablePrefix} is no lower-case name, or {@code
     *     lease} is below a second
     */
    public static JdbcWorkflowStore jdbc(
            DataSource source, String tablePrefix, ValueCodec codec, Duration lease) {
        return StoreBridge.jdbc(
                requireNonNull(source, "source"),
                tablePrefix,
                requireNonNull(codec, "codec"),
                lease);
    }

    /**
     * Makes the tables, or brings them up to date.
     *
     * @param store the store
     */
    public static void migrate(JdbcWorkflowStore store) {
        StoreBridge.migrate(store);
    }

    /**
     * Removes a run and all that is known of it.
     *
     * @param store the store
     * @param id the name of the run
     * @return false if there is none
     * @throws dev.reprise.workflow.model.RunTakenException if a runner has it
     */
    public static boolean remove(JdbcWorkflowStore store, String id) {
        return StoreBridge.remove(store, id);
    }
}
