/** Reprise for Java: futures, blocking calls, checked exceptions and {@code java.time}. */
module dev.reprise.interop {
    requires transitive dev.reprise.core;
    requires static transitive java.sql;
    requires static kotlinx.coroutines.test;
    requires static transitive org.jspecify;

    exports dev.reprise.interop;
    exports dev.reprise.interop.function;
    exports dev.reprise.interop.queue;
    exports dev.reprise.interop.testing;
    exports dev.reprise.interop.workflow;
}
