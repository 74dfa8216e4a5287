package dev.reprise.internal.workflow.jdbc

import dev.reprise.workflow.model.WorkflowState
import dev.reprise.workflow.model.WorkflowStoreException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.supervisorScope
import java.sql.SQLException

private fun step(run: String) =
    RunStep(RunOwner(run, "owner of $run", 1), WorkflowState.RUNNING, null, null, emptyList(), emptyList(), emptyList(), emptyMap())

/** A database that starts to write when it may. */
private class Gate {
    val groups = ArrayList<String>()
    val isStarted = CompletableDeferred<Unit>()
    val mayWrite = CompletableDeferred<Unit>()
    var rejected: String? = null
    var isAway = false
    val writes = RunWrites(::write)

    private suspend fun write(group: List<RunWrite>): List<Boolean> {
        groups += group.joinToString(" ") { it.claim.run }
        isStarted.complete(Unit)
        mayWrite.await()
        if (isAway) throw WorkflowStoreException("away", SQLException("away", "08006"))
        if (group.any { it.claim.run == rejected }) throw WorkflowStoreException("rejected", SQLException("no such character", "22021"))
        return group.map { it.claim.run != "taken" }
    }
}

class RunWritesTest : FunSpec({
    test("what runs write while another one is writing is written together, and each learns whether it was its own") {
        val gate = Gate()
        coroutineScope {
            val first = async(Dispatchers.Unconfined) { gate.writes.write(step("a")) }
            gate.isStarted.await()
            val others = listOf("b", "taken", "c").map { async(Dispatchers.Unconfined) { gate.writes.write(step(it)) } }
            gate.mayWrite.complete(Unit)
            first.await() shouldBe true
            others.map { it.await() } shouldContainExactly listOf(true, false, true)
        }
        gate.groups shouldContainExactly listOf("a", "b taken c")
    }

    test("the database rejects what one run writes: the others of its group are written without it") {
        val gate = Gate()
        gate.rejected = "c"
        supervisorScope {
            val first = async(Dispatchers.Unconfined) { gate.writes.write(step("a")) }
            gate.isStarted.await()
            val (b, c, d) = listOf("b", "c", "d").map { async(Dispatchers.Unconfined) { gate.writes.write(step(it)) } }
            gate.mayWrite.complete(Unit)
            listOf(first, b, d).map { it.await() } shouldContainExactly listOf(true, true, true)
            shouldThrow<WorkflowStoreException> { c.await() }.message shouldBe "rejected"
        }
        gate.groups shouldContainExactly listOf("a", "b c d", "b c", "b", "c", "d")
    }

    test("a database that does not respond is not asked again for each run of a group") {
        val gate = Gate()
        gate.isAway = true
        supervisorScope {
            val first = async(Dispatchers.Unconfined) { gate.writes.write(step("a")) }
            gate.isStarted.await()
            val others = listOf("b", "c").map { async(Dispatchers.Unconfined) { gate.writes.write(step(it)) } }
            gate.mayWrite.complete(Unit)
            (others + first).forEach { shouldThrow<WorkflowStoreException> { it.await() } }
        }
        gate.groups shouldContainExactly listOf("a", "b c")
    }
})
