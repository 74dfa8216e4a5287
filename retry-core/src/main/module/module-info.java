/**
 * Retry policies, the runs that they drive, durable calls and workflows.
 *
 * <p>Everything that is not exported can change at any time. A library that is only required
 * statically is needed by what its name says: {@code java.sql} by queues and workflows in a
 * database, {@code java.net.http} by {@code HttpRetry}, for example.
 */
@SuppressWarnings("requires-automatic") // two optional libraries have no descriptor
module dev.reprise.core {
    requires transitive kotlin.stdlib;
    requires transitive kotlinx.coroutines.core;
    requires static context.propagation;
    requires static jdk.jfr;
    requires static transitive java.net.http;
    requires static transitive java.sql;
    requires static kotlinx.serialization.core;
    requires static kotlinx.serialization.json;
    requires static org.postgresql.jdbc;
    requires static org.slf4j;

    exports dev.reprise;
    exports dev.reprise.failures;
    exports dev.reprise.http;
    exports dev.reprise.jfr;
    exports dev.reprise.policy;
    exports dev.reprise.queue;
    exports dev.reprise.queue.event;
    exports dev.reprise.queue.model;
    exports dev.reprise.queue.operate;
    exports dev.reprise.queue.spi;
    exports dev.reprise.run;
    exports dev.reprise.workflow;
    exports dev.reprise.workflow.model;
    exports dev.reprise.workflow.operate;
    exports dev.reprise.workflow.spi;

    uses dev.reprise.http.ResendListener;
    uses dev.reprise.run.ContextCarrier;
}
