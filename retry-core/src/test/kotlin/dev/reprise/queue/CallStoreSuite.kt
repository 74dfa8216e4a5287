package dev.reprise.queue

import dev.reprise.queue.spi.CallClock
import dev.reprise.queue.spi.CallStore
import io.kotest.core.spec.style.funSpec

/** Behaviour of every store, run by the spec of each. [open] creates an empty store with the given clock. */
fun callStoreSuite(open: suspend (CallClock) -> CallStore) =
    funSpec {
        include(claimSuite(open))
        include(settleSuite(open))
        include(keySuite(open))
        include(endedCallSuite(open))
        include(leaseSuite(open))
        include(moveSuite(open))
        include(labelSuite(open))
        include(listSuite(open))
        include(statusSuite(open))
        include(actionSuite(open))
    }
