package dev.reprise.workflow

import dev.reprise.workflow.model.RunTakenException
import dev.reprise.workflow.model.ValueCodec
import dev.reprise.workflow.model.WorkflowState
import dev.reprise.workflow.spi.TaskRecord
import dev.reprise.workflow.spi.WorkflowStore
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe

/** What every store guarantees about the owner of a run. [newStore] makes a store of its own. */
internal fun runOwnerSuite(newStore: suspend (ValueCodec) -> WorkflowStore) =
    funSpec {
        test("a run belongs to one engine at a time") {
            val store = newStore(ValueCodec.Json)
            val journal = store.open("run")
            shouldThrow<RunTakenException> { store.open("run") }.run shouldBe "run"
            store.open("other").close()
            journal.close()
            store.open("run").close()
        }

        test("closing a run twice does not take it from its next owner") {
            val store = newStore(ValueCodec.Json)
            val first = store.open("run").also { it.close() }
            val second = store.open("run")
            first.close()
            shouldThrow<RunTakenException> { store.open("run") }
            second.close()
        }

        test("what an owner writes after it has released a run is rejected") {
            val store = newStore(ValueCodec.Json)
            val journal = store.open("run")
            journal.start("task 1.0 a", emptyMap())
            journal.close()
            shouldThrow<RunTakenException> {
                journal.save(WorkflowState.RUNNING)
                journal.flush()
            }
            store.open("run").state shouldBe WorkflowState.PENDING
        }

        test("runs are removed with all their data; one that an engine owns and an id that is not stored are skipped") {
            val store = newStore(ValueCodec.Json)
            for (id in listOf("one", "two", "stays")) store.keep(id)
            val owner = store.open("owned").also { it.start("task 1.0 a", emptyMap()) }
            store.remove(listOf("one", "owned", "two", "unknown", "one")) shouldBe setOf("one", "two")
            store.runs().runs.map { it.id } shouldContainExactlyInAnyOrder listOf("stays", "owned")
            store.open("one").tasks.shouldBeEmpty()
            owner.save(WorkflowState.RUNNING)
            owner.close()
            store.remove(setOf("owned")) shouldBe setOf("owned")
            store.remove(emptySet()).shouldBeEmpty()
        }

        test("more ids than a page holds are removed in one call") {
            val store = newStore(ValueCodec.Json)
            for (id in listOf("first", "last")) store.keep(id)
            store.remove(listOf("first") + List(1_000) { "it is unknown $it" } + "last") shouldBe setOf("first", "last")
            store.runs().runs.shouldBeEmpty()
        }
    }

/** Stores the run [id] with a task. */
private suspend fun WorkflowStore.keep(id: String) {
    val journal = open(id)
    journal.start("task 1.0 a", emptyMap())
    journal.save(listOf(TaskRecord("a")))
    journal.close()
}
