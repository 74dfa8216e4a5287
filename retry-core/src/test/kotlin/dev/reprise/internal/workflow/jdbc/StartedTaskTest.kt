package dev.reprise.internal.workflow.jdbc

import dev.reprise.workflow.model.ControllerHistory
import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.model.ValueCodec
import dev.reprise.workflow.spi.Intention
import dev.reprise.workflow.spi.StoredValues
import dev.reprise.workflow.spi.TaskRecord
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.arbitrary.arbitrary
import io.kotest.property.arbitrary.boolean
import io.kotest.property.arbitrary.enum
import io.kotest.property.arbitrary.int
import io.kotest.property.arbitrary.string
import io.kotest.property.checkAll
import java.time.Instant

class StartedTaskTest : FunSpec({
    val table = TaskTable({ it }, StoredValues(ValueCodec.Json))

    fun read(started: StartedTask) = table.decode(StoredTasks(emptyList(), emptyList(), emptyList(), started)).single()

    test("what stands for a record is read as that record") {
        val records =
            arbitrary {
                val (many, few) = listOf(Arb.int(0..2), Arb.int(0..20)).map { it.bind() }
                TaskRecord(
                    Arb.string(1..9).bind(),
                    Arb.string(1..3).bind(),
                    if (few < 15) TaskState.RUNNING else Arb.enum<TaskState>().bind(),
                    executions = many,
                    progress = if (few == 1) 0.5 else 0.0,
                    isEnded = few == 2 && Arb.boolean().bind(),
                    startedAtMillis = if (few == 3) TaskRecord.NEVER else few.toLong(),
                    endedAtMillis = if (few == 4) 9 else TaskRecord.NEVER,
                )
            }
        checkAll(records) { record -> StartedTask.of(record)?.let { read(it) shouldBe record } }
    }

    test("a record that says more is not replaced") {
        val plain = TaskRecord("a", state = TaskState.RUNNING, executions = 1, startedAtMillis = 5)
        read(StartedTask.of(plain)!!) shouldBe plain
        val more =
            listOf(
                plain.copy(state = TaskState.REVERTING),
                plain.copy(intention = Intention.REVERT),
                plain.copy(result = 1),
                plain.copy(failure = IllegalStateException("a")),
                plain.copy(revertResult = 1),
                plain.copy(revertFailure = IllegalStateException("a")),
                plain.copy(history = ControllerHistory(emptyList())),
                plain.copy(progress = 0.1),
                plain.copy(isEnded = true),
                plain.copy(isInterrupted = true),
                plain.copy(dueAt = Instant.EPOCH),
                plain.copy(executions = 2),
                plain.copy(startedAt = TaskRecord.NEVER),
                plain.copy(endedAt = 6),
            )
        more.map(StartedTask::of) shouldBe more.map { null }
    }
})
