package dev.reprise.internal.util

/** How large a batch of calls may be, in bytes: for the memory of the program, and for what a database takes as one message. */
internal const val LARGEST_BATCH_BYTES = 8L shl 20
