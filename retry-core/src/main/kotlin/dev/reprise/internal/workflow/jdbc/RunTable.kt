package dev.reprise.internal.workflow.jdbc

import dev.reprise.internal.jdbc.Column
import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.internal.workflow.text.Outline
import dev.reprise.workflow.model.RunTakenException
import dev.reprise.workflow.model.WorkflowState
import kotlin.time.Duration

/** The owner of a run: its id and its fencing token. A write counts only with both. */
internal class RunOwner(
    val run: String,
    val owner: String,
    val token: Long,
) {
    companion object {
        private const val FIRST_TOKEN = 1L

        /** The first owner of [run]. */
        fun first(
            run: String,
            owner: String,
        ) = RunOwner(run, owner, FIRST_TOKEN)
    }
}

/** The stored parts of the run itself. */
internal class StoredRun(
    val outline: String?,
    val inputs: String?,
    val state: WorkflowState,
    val isOfCall: Boolean,
) {
    companion object {
        /** Nothing is stored. */
        val NEW = StoredRun(null, null, WorkflowState.PENDING, false)
    }
}

/** The runs, their owners and their leases, on the clock of the database. `{p}` is the prefix of the tables, `{now}` the present. */
internal class RunTable(
    private val filled: (String) -> String,
    private val leaseMillis: Long,
    /** Whether the clock of the database can be trusted; null if it always can. */
    private val clock: LeaseClock?,
) {
    /** The row of a run for many runs, as a part of one statement of PostgreSQL, which returns the owners for whom it counted. */
    fun writeAll(hold: RunStep.Hold): String = writesOfAll.getValue(hold)

    private val writesOfAll = RunStep.Hold.entries.associateWith { writeOfAll(it) }

    private fun writeOfAll(hold: RunStep.Hold): String {
        val rows = RowShape.rowsOf(CLAIM + ("state" to "text") + StartedTask.COLUMNS)
        val lease = "{now} + $leaseMillis"
        return when (hold) {
            RunStep.Hold.TAKE -> {
                "INSERT INTO {p}run $COLUMNS SELECT v.v_id, v.v_owner, v.v_state, v.v_token, $lease, {now}, {now}, $STARTED_OF_ALL " +
                    "FROM $rows ON CONFLICT (id) DO NOTHING RETURNING owner"
            }

            RunStep.Hold.KEEP -> {
                "UPDATE {p}run AS r SET lease_until = $lease, $CHANGE_OF_ALL FROM $rows WHERE $MINE_OF_ALL RETURNING r.owner"
            }

            RunStep.Hold.RELEASE -> {
                "UPDATE {p}run AS r SET $FREED, $CHANGE_OF_ALL FROM $rows WHERE $MINE_OF_ALL RETURNING v.v_owner AS owner"
            }
        }
    }

    val releaseAll: String = "UPDATE {p}run AS r SET $FREED FROM ${RowShape.rowsOf(CLAIM)} WHERE $MINE_OF_ALL RETURNING v.v_owner AS owner"

    /**
     * Takes [run] for [owner]; null if it is not stored. Of several concurrent owners, one succeeds: the update locks the row.
     *
     * @throws RunTakenException if it belongs to another owner.
     * @throws UndecidedLeaseException if it does, unless its lease is over.
     */
    fun take(
        session: JdbcSession,
        run: String,
        owner: String,
    ): RunOwner? {
        val isTaken = isFree(session, run) && session.update(filled(TAKE), owner, leaseMillis, run) == 1
        val token = session.first(filled(TOKEN), run) { it.getLong(1) } ?: return null
        return if (isTaken) RunOwner(run, owner, token) else throw RunTakenException(run)
    }

    /** Records what the clock of the database shows; returns for how long no lease is over. */
    fun readClock(session: JdbcSession): Duration = undecided { session.first(filled("SELECT {now}")) { it.getLong(1) }!! }.second

    /** False if [run] has an owner whose lease is not over. */
    private fun isFree(
        session: JdbcSession,
        run: String,
    ): Boolean {
        var leaseUntil = 0L
        val (now, left) =
            undecided { session.first(filled(LEASE), run) { row -> row.getLong(1).also { leaseUntil = row.getLong(2) } } ?: return true }
        if (leaseUntil > now) return false
        return if (left == Duration.ZERO) true else throw UndecidedLeaseException(left)
    }

    /** What the clock of the database shows when [read] reads it, and for how long no lease is over by it. */
    private inline fun undecided(read: () -> Long): Pair<Long, Duration> {
        val askedAt = clock?.millis() ?: 0
        val now = read()
        return now to (clock?.read(now, askedAt) ?: Duration.ZERO)
    }

    /** The owner of [run]; null if it has none. */
    fun ownerOf(
        session: JdbcSession,
        run: String,
    ): String? = session.first(filled(OWNER), run) { it.getString(1) }

    fun read(
        session: JdbcSession,
        run: String,
    ): StoredRun =
        checkNotNull(
            session.first(filled(READ), run) {
                StoredRun(it.getString(1), it.getString(2), WorkflowState.valueOf(it.getString(3)), it.getInt(4) == 1)
            },
        )

    /** Extends the lease of the run; false if another owner has taken it. */
    fun renew(
        session: JdbcSession,
        claim: RunOwner,
    ): Boolean = session.update(filled(RENEW), leaseMillis, claim.run, claim.owner, claim.token) == 1

    /** Writes the row of the run itself; false if [step] does not count. */
    fun write(
        session: JdbcSession,
        step: RunStep,
    ): Boolean = session.update(filled(writeOf(step.hold, step.state != null)), *valuesOf(step)) == 1

    /** The values of [writeOf]. */
    fun valuesOf(step: RunStep): Array<Any?> {
        val claim = step.claim
        return when (step.hold) {
            RunStep.Hold.TAKE -> {
                arrayOf(
                    claim.run,
                    claim.owner,
                    step.state?.name,
                    claim.token,
                    leaseMillis,
                    *StartedTask.values(step.started),
                )
            }

            RunStep.Hold.KEEP -> {
                arrayOf(leaseMillis, *change(step), claim.run, claim.owner, claim.token)
            }

            RunStep.Hold.RELEASE -> {
                arrayOf(*change(step), claim.run, claim.owner, claim.token)
            }
        }
    }

    private fun change(step: RunStep): Array<Any?> =
        StartedTask.values(step.started).let { if (step.state == null) it else arrayOf(step.state.name, *it) }

    /** Those of [runs] of which something is stored. */
    fun stored(
        session: JdbcSession,
        runs: List<String>,
    ): Set<String> = runs.filterTo(HashSet()) { session.first(filled(TOKEN), it) { true } == true }

    /** The same with one statement of PostgreSQL. */
    fun storedAtOnce(
        session: JdbcSession,
        runs: List<String>,
    ): Set<String> = session.query(filled(STORED), Column("text", runs)) { it.getString(1) }.toSet()

    /** Locks the row of a run until the end of the transaction; false if it does not belong to [claim]. */
    fun lock(
        session: JdbcSession,
        claim: RunOwner,
    ): Boolean = session.first(filled("SELECT 1 FROM {p}run WHERE $MINE FOR UPDATE"), claim.run, claim.owner, claim.token) { true } == true

    /** What a run starts with; the caller has written its row before, and so has locked it. */
    fun begin(
        session: JdbcSession,
        definition: List<Any?>,
    ) {
        session.update(filled(DEFINITION.write), *definition.toTypedArray())
    }

    /** The row of what the run [run] starts with. */
    fun definition(
        run: String,
        outline: String,
        inputs: String,
        isOfCall: Boolean,
    ): List<Any?> = listOf(run, Outline.nameIn(outline), outline, inputs, if (isOfCall) 1 else 0)

    /** False if the run does not belong to [claim]. */
    fun release(
        session: JdbcSession,
        claim: RunOwner,
    ): Boolean = session.update(filled(RELEASE), claim.run, claim.owner, claim.token) == 1

    /** Forgets a run of [claim] of which nothing was ever saved. */
    fun forget(
        session: JdbcSession,
        claim: RunOwner,
    ) {
        session.update(filled("DELETE FROM {p}run WHERE $MINE"), claim.run, claim.owner, claim.token)
    }

    /** Removes the rows of those of [runs] that have no owner; returns their ids. */
    fun remove(
        session: JdbcSession,
        runs: List<String>,
    ): List<String> {
        val free = if (readClock(session) == Duration.ZERO) FREE else RELEASED
        val removed = session.batch(filled("DELETE FROM {p}run WHERE id = ? AND $free"), runs.map(::listOf))
        return runs.filterIndexed { i, _ -> removed[i] == 1 }
    }

    companion object {
        /** The statement for the row of the run itself. A state that has not changed is not written: SQLite would write its index, too. */
        fun writeOf(
            hold: RunStep.Hold,
            hasState: Boolean,
        ): String =
            when (hold) {
                RunStep.Hold.TAKE -> TAKE_NEW
                RunStep.Hold.KEEP -> if (hasState) KEEP_IN_STATE else KEEP
                RunStep.Hold.RELEASE -> if (hasState) FREE_IN_STATE else FREE_AS_IT_IS
            }

        /** What a run starts with. */
        val DEFINITION =
            RowShape(
                "definition",
                keys = 1,
                listOf("run" to "text", "workflow" to "text", "outline" to "text", "inputs" to "text", "of_call" to "int4"),
            )

        private val CLAIM = listOf("owner" to "text", "id" to "text", "token" to "int8")
        private const val MINE_OF_ALL = "r.id = v.v_id AND r.owner = v.v_owner AND r.token = v.v_token"
        private const val FREE = "(owner IS NULL OR lease_until <= {now})"
        private const val RELEASED = "(owner IS NULL OR lease_until = 0)"
        private const val MINE = "id = ? AND owner = ? AND token = ?"
        private const val COLUMNS =
            "(id, owner, state, token, lease_until, created_at, changed_at, started_task, started_version, started_at)"
        private const val FREED = "owner = NULL, lease_until = 0"
        private val STARTED_OF_ALL = StartedTask.COLUMNS.joinToString { "v.v_${it.first}" }
        private val CHANGE_OF_ALL =
            "state = coalesce(v.v_state, r.state), changed_at = {now}, " +
                StartedTask.COLUMNS.joinToString { "${it.first} = v.v_${it.first}" }
        private const val TAKE_NEW =
            "INSERT INTO {p}run $COLUMNS VALUES (?, ?, ?, ?, {now} + ?, {now}, {now}, ?, ?, ?) ON CONFLICT (id) DO NOTHING"
        private const val TAKE = "UPDATE {p}run SET owner = ?, token = token + 1, lease_until = {now} + ? WHERE id = ? AND $FREE"

        /** A lease that ended at zero was released, or its owner is proven to be dead. */
        private const val LEASE = "SELECT {now}, lease_until FROM {p}run WHERE id = ? AND owner IS NOT NULL AND lease_until > 0"
        private const val OWNER = "SELECT owner FROM {p}run WHERE id = ? AND owner IS NOT NULL"
        private const val STORED = "SELECT id FROM {p}run WHERE id = ANY (?::text[])"
        private const val TOKEN = "SELECT token FROM {p}run WHERE id = ?"
        private const val READ = "SELECT outline, inputs, state, of_call FROM {p}run LEFT JOIN {p}definition ON run = id WHERE id = ?"
        private const val RENEW = "UPDATE {p}run SET lease_until = {now} + ? WHERE $MINE"
        private val CHANGE = "changed_at = {now}, ${StartedTask.SET}"
        private val KEEP = "UPDATE {p}run SET lease_until = {now} + ?, $CHANGE WHERE $MINE"
        private val KEEP_IN_STATE = "UPDATE {p}run SET lease_until = {now} + ?, state = ?, $CHANGE WHERE $MINE"
        private val FREE_AS_IT_IS = "UPDATE {p}run SET $FREED, $CHANGE WHERE $MINE"
        private val FREE_IN_STATE = "UPDATE {p}run SET $FREED, state = ?, $CHANGE WHERE $MINE"
        private const val RELEASE = "UPDATE {p}run SET $FREED WHERE $MINE"
    }
}
