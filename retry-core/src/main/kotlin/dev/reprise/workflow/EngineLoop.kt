package dev.reprise.workflow

import kotlin.time.TimeSource

/** One stretch of a run, from its start or its resumption to its end or its suspension. */
internal class EngineLoop(
    private val run: RunState,
    private val workers: Workers,
    deferReverts: Boolean,
    resolves: Boolean,
    clock: TimeSource,
) {
    private val plan = run.plan
    private val readiness = run.readiness()
    private val values = Values(run)
    private val resolver = Resolver(run, values, deferReverts, clock)
    private val finisher = Finisher(run, resolver, resolves)
    private val starter = Starter(run, values, workers, resolver)
    private val deciders = Deciders(run)
    private val ready = IntList()

    /** Starts all that is ready before it looks at the end of any of it, failures first; what has been started is never given up. Returns what stopped the run, if anything did. */
    suspend fun run(): List<Stop> {
        resume()
        collect()
        while (true) {
            run.heedSuspension()
            if (run.state == WorkflowState.RUNNING && finisher.stops.isEmpty()) startReady()
            if (!workers.isBusy) break
            finish(workers.ended())
            collect()
        }
        run.move(end())
        return finisher.stops
    }

    /** Picks up what an earlier process, or an earlier stretch, left in the middle. */
    private suspend fun resume() {
        inState(AtomState.FAILURE).forEach { finisher.resolve(it) }
        val ended = inState(AtomState.RUNNING, AtomState.REVERTING).map { run.record(it) to it }
        finish(ended.filter { (record, _) -> record.ended }.map { (record, atom) -> record.end(atom) })
        inState(AtomState.RETRYING).forEach { starter.resetAfter(it) }
        inState(AtomState.RUNNING, AtomState.REVERTING).forEach { ready.add(it) }
    }

    private suspend fun finish(ended: List<Ended>) {
        ended.forEach { if (it.failure != null) finisher.finish(it) }
        ended.forEach { if (it.failure == null) finisher.finish(it) }
    }

    private fun inState(vararg states: AtomState) =
        IntList().also { found -> for (atom in 0 until plan.size) if (run.known(atom)?.let { it.state in states } == true) found.add(atom) }

    private suspend fun collect() {
        readiness.drain { atom ->
            when {
                readiness.mayRevert(atom) -> ready.add(atom)
                readiness.mayExecute(atom) && isWanted(atom) -> ready.add(atom)
            }
        }
    }

    private suspend fun isWanted(atom: Int): Boolean =
        try {
            deciders.isWanted(atom)
        } catch (e: RunBrokenException) {
            finisher.stops += Stop(e.by, e.cause)
            false
        }

    private suspend fun startReady() {
        val batch = plan.byPriority(ready)
        ready.clear()
        try {
            for (atom in batch) {
                workers.keepEnds()
                starter.start(atom)
            }
        } catch (e: RunBrokenException) {
            finisher.stops += Stop(e.by, e.cause)
        }
    }

    private fun end(): WorkflowState =
        when {
            finisher.stops.isNotEmpty() -> WorkflowState.FAILURE
            ready.size > 0 -> WorkflowState.SUSPENDED
            run.isDone -> WorkflowState.SUCCESS
            else -> WorkflowState.REVERTED
        }
}
