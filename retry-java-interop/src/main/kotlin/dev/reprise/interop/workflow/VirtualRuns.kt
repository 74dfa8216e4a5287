package dev.reprise.interop.workflow

import dev.reprise.interop.testing.VirtualTime
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.test.StandardTestDispatcher

/** In a file of its own, because `kotlinx-coroutines-test` may be missing. */
internal fun virtualDispatcher(time: VirtualTime): CoroutineDispatcher = StandardTestDispatcher(time.scheduler())
