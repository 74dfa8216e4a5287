package dev.reprise.queue

import dev.reprise.queue.spi.CallClock
import dev.reprise.queue.spi.CallStore
import io.kotest.core.spec.style.funSpec

/** What every store does: run by the spec of each. [open] makes an empty store on a clock. */
fun callStoreSuite(open: suspend (CallClock) -> CallStore) =
    funSpec {
        include(claimSuite(open))
        include(settleSuite(open))
        include(keySuite(open))
        include(endedCallSuite(open))
        include(leaseSuite(open))
        include(moveSuite(open))
    }
