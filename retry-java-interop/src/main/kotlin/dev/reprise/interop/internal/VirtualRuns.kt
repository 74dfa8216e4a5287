package dev.reprise.interop.internal

import dev.reprise.interop.testing.VirtualTime
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.asCoroutineDispatcher

/** In a separate file, because `kotlinx-coroutines-test` can be missing. */
internal fun virtualDispatcher(time: VirtualTime): CoroutineDispatcher = time.executor().asCoroutineDispatcher()
