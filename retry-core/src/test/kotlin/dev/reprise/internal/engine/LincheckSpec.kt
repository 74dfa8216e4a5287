package dev.reprise.internal.engine

import dev.reprise.internal.util.CloseableBag
import dev.reprise.run.RetryBudget
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import org.jetbrains.lincheck.LincheckAssertionError
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions
import org.jetbrains.lincheck.datastructures.Operation
import kotlin.reflect.KClass
import kotlin.time.AbstractLongTimeSource
import kotlin.time.DurationUnit

private object StandingStill : AbstractLongTimeSource(DurationUnit.NANOSECONDS) {
    override fun read(): Long = 0
}

/** Two units at the start; every deposit is one more. */
class BudgetUnderCheck {
    private val budget = RetryBudget(ratio = 1.0, minRetriesPerSecond = 0.2, StandingStill)

    @Operation
    fun withdraw(): Boolean = budget.withdraw()

    @Operation
    fun deposit() = budget.deposit()

    @Operation
    fun available(): Int = budget.available
}

/** The same with a gap between check and update. */
class LeakyBudget {
    @Volatile
    private var units = 2

    @Operation
    fun withdraw(): Boolean {
        val seen = units
        if (seen < 1) return false
        units = seen - 1
        return true
    }

    @Operation
    fun deposit() {
        units++
    }

    @Operation
    fun available(): Int = units
}

/** Counts what the calling thread releases: a close releases all handles, an addition one that comes too late. */
class HandlesUnderCheck {
    private val handles = CloseableBag()
    private val closings = ThreadLocal.withInitial { 0 }

    private fun closedBy(action: () -> Unit): Int {
        val before = closings.get()
        action()
        return closings.get() - before
    }

    private fun handle() = AutoCloseable { closings.set(closings.get() + 1) }

    @Operation
    fun add(): Int = closedBy { handles += handle() }

    @Operation
    fun close(): Int = closedBy { handles.close() }
}

/** The same without a lock. */
class LeakyHandles {
    @Volatile
    private var held: List<Int>? = emptyList()

    @Operation
    fun add(): Int {
        val now = held ?: return 1
        held = now + 1
        return 0
    }

    @Operation
    fun close(): Int = (held?.size ?: 0).also { held = null }
}

private fun check(type: KClass<*>) =
    ModelCheckingOptions()
        .iterations(6)
        .invocationsPerIteration(80)
        .threads(2)
        .actorsPerThread(3)
        // Operations before the parallel ones could use up the units that the threads are to compete for.
        .actorsBefore(0)
        .check(type.java)

/** Every interleaving equals some order of whole operations. The twins with a known race prove that the check finds one. */
class LincheckSpec : FunSpec({
    test("a budget is linearizable") { check(BudgetUnderCheck::class) }

    test("a budget with a race is detected") { shouldThrow<LincheckAssertionError> { check(LeakyBudget::class) } }

    test("handles are linearizable: each is released exactly once") { check(HandlesUnderCheck::class) }

    test("handles with a race are detected") { shouldThrow<LincheckAssertionError> { check(LeakyHandles::class) } }
})
