package dev.reprise.spring.internal.handlers;

import java.util.concurrent.ThreadFactory;

/** Virtual threads that inherit nothing. By reflection: this library is compiled for Java 17. */
final class VirtualThreads {
    private VirtualThreads() {}

    /** Creates threads whose names start with {@code prefix}; needs Java 21. */
    static ThreadFactory named(String prefix) {
        try {
            Class<?> type = Class.forName("java.lang.Thread$Builder");
            Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
            type.getMethod("name", String.class, long.class).invoke(builder, prefix, 0L);
            type.getMethod("inheritInheritableThreadLocals", boolean.class).invoke(builder, false);
            return (ThreadFactory) type.getMethod("factory").invoke(builder);
        } catch (ReflectiveOperationException e) {
            throw new UnsupportedOperationException("virtual threads need Java 21 or newer", e);
        }
    }
}
