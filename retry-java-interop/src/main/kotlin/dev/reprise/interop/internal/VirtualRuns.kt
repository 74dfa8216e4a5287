package dev.reprise.interop.internal

import dev.reprise.interop.testing.VirtualTime
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.asCoroutineDispatcher

/** In a file of its own, because `kotlinx-coroutines-test` may be missing. */
internal fun virtualDispatcher(time: VirtualTime): CoroutineDispatcher = time.executor().asCoroutineDispatcher()
