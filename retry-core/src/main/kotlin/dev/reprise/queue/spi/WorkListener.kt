package dev.reprise.queue.spi

import java.util.function.Predicate

/** Receives changes of a store that can create work. */
public fun interface WorkListener {
    /** There can be work for the handlers whose names [isFor] accepts. */
    public fun onWork(isFor: Predicate<String>)
}
