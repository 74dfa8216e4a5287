package dev.reprise.policy

/**
 * Tables of failures that are worth another attempt: `on(TransientFailures.SQL)`, in the notation `on(sql)`. The guide lists their rows.
 *
 * A table judges a failure and its causes. It never selects an `Error`.
 */
public enum class TransientFailures {
    /**
     * Failures of an HTTP client that is not answered: connections that are refused, lost or time out. For requests that can be repeated:
     * idempotent ones, or those with an idempotency key. Statuses need the request and are judged by `HttpRules`.
     */
    HTTP,

    /**
     * Failures after which a transaction can be run again: deadlocks, serialization failures, locks that are not available, lost
     * connections, servers that start or stop. By SQLState and by the codes of PostgreSQL, MySQL, MariaDB, SQL Server, Oracle, SQLite and H2.
     */
    SQL,

    /** Failures of connections: `java.net`, channels, and TLS if the connection was lost. */
    NETWORK,

    /** The statuses `UNAVAILABLE` and `ABORTED` of gRPC. */
    GRPC,
}
