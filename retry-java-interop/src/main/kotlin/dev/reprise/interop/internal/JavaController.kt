package dev.reprise.interop.internal

import dev.reprise.interop.function.BlockingController
import dev.reprise.workflow.model.ControllerDecision
import dev.reprise.workflow.model.ControllerHistory
import dev.reprise.workflow.model.RetryController

/** A controller whose code can block. */
internal class JavaController<T>(
    private val code: BlockingController<T>,
) : RetryController<T>(code.name(), code.provides(), code.requires(), code.version()) {
    override suspend fun execute(history: ControllerHistory): T = blocking { code.execute(history) }

    override fun onFailure(history: ControllerHistory): ControllerDecision = code.onFailure(history)

    override suspend fun revert(history: ControllerHistory): Any? = blocking { code.revert(history) }
}
