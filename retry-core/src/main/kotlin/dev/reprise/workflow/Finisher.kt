package dev.reprise.workflow

/** Records how atoms ended, and has a failure resolved. */
internal class Finisher(
    private val run: RunState,
    private val resolver: Resolver,
    private val resolves: Boolean,
) {
    /** What stops the run, in the order in which it came. */
    val stops = ArrayList<Stop>()

    suspend fun finish(ended: Ended) {
        val failure = ended.failure
        try {
            when {
                ended.reverts && failure == null -> reverted(ended.atom, ended.result)
                ended.reverts -> notReverted(ended.atom, failure!!)
                failure == null -> executed(ended.atom, ended.result)
                else -> failed(ended.atom, failure)
            }
        } catch (e: RunBrokenException) {
            stops += Stop(e.by, e.cause)
        }
    }

    /** Decides about the failure of an atom that has been recorded already. */
    suspend fun resolve(atom: Int) {
        val record = run.record(atom)
        try {
            resolver.resolve(atom, checkNotNull(record.failure) { "${record.name} has failed with nothing" })
        } catch (e: RunBrokenException) {
            stops += Stop(e.by, e.cause)
        }
    }

    private suspend fun executed(
        atom: Int,
        result: Any?,
    ) {
        val record = run.record(atom)
        val done = record.copy(state = AtomState.SUCCESS, failure = null, revertResult = null, revertFailure = null, progress = 1.0)
        try {
            run.move(atom, if (record.history == null) done.copy(result = result) else done.copy(history = record.history.started(result)))
        } catch (e: UnstorableResultException) {
            failed(atom, e)
        }
    }

    private suspend fun failed(
        atom: Int,
        failure: Throwable,
    ) {
        val record = run.record(atom)
        run.move(atom, record.copy(state = AtomState.FAILURE, result = null, failure = failure, history = record.history?.broken(failure)))
        if (resolves) resolver.resolve(atom, failure) else stops += Stop(record.name, failure)
    }

    private suspend fun reverted(
        atom: Int,
        result: Any?,
    ) {
        val record = run.record(atom)
        val done = record.copy(state = AtomState.REVERTED, result = null, revertResult = result, revertFailure = null, progress = 1.0)
        try {
            run.move(atom, done.copy(history = record.history?.forgotten()))
        } catch (e: UnstorableResultException) {
            notReverted(atom, e)
        }
    }

    private suspend fun notReverted(
        atom: Int,
        failure: Throwable,
    ) {
        val record = run.record(atom)
        run.move(atom, record.copy(state = AtomState.REVERT_FAILURE, revertFailure = failure))
        stops += Stop(record.name, failure)
    }
}

/** Something after which nothing new is started. */
internal class Stop(
    val atom: String,
    val failure: Throwable,
)
