package dev.reprise.interop;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a method returns, and so how its calls are retried. */
enum ResultKind {
    /** The call returns when its work is done. */
    VALUE,
    /** A {@code CompletionStage} or a {@code CompletableFuture}. */
    STAGE,
    /** A Kotlin {@code Flow}, which does its work when it is collected. */
    FLOW,
    /** The work is done after the call or never: its failures pass a retry by. */
    LAZY;

    private static final String FLOW_NAME = "kotlinx.coroutines.flow.Flow";

    /** By name: most of these types are not on the class path of most applications. */
    private static final Set<String> LAZY_TYPES =
            Set.of(
                    "java.util.concurrent.Future",
                    "java.util.concurrent.CompletionStage",
                    "java.util.concurrent.Flow$Publisher",
                    "java.util.stream.BaseStream",
                    "java.util.Iterator",
                    "java.util.Spliterator",
                    "kotlin.sequences.Sequence",
                    "kotlinx.coroutines.Job",
                    "kotlinx.coroutines.channels.ReceiveChannel",
                    FLOW_NAME,
                    "org.reactivestreams.Publisher",
                    "io.reactivex.rxjava3.core.ObservableSource",
                    "io.reactivex.rxjava3.core.SingleSource",
                    "io.reactivex.rxjava3.core.MaybeSource",
                    "io.reactivex.rxjava3.core.CompletableSource",
                    "io.reactivex.ObservableSource",
                    "io.reactivex.SingleSource",
                    "io.reactivex.MaybeSource",
                    "io.reactivex.CompletableSource",
                    "io.smallrye.mutiny.Uni");

    static ResultKind of(Class<?> result) {
        if (result == CompletionStage.class || result == CompletableFuture.class) {
            return STAGE;
        }
        if (result.getName().equals(FLOW_NAME)) {
            return FLOW;
        }
        return isLazy(result) ? LAZY : VALUE;
    }

    private static boolean isLazy(@Nullable Class<?> type) {
        return type != null
                && (LAZY_TYPES.contains(type.getName())
                        || isLazy(type.getSuperclass())
                        || Stream.of(type.getInterfaces()).anyMatch(ResultKind::isLazy));
    }
}
