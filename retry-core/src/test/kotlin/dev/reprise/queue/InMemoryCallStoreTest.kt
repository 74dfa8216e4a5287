package dev.reprise.queue

import io.kotest.core.spec.style.FunSpec

class InMemoryCallStoreTest : FunSpec({
    include(callStoreSuite { clock -> InMemoryCallStore(clock) })
})
