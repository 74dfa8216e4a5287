package dev.reprise.internal.workflow.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.internal.workflow.text.Outline
import dev.reprise.workflow.model.RunTakenException
import dev.reprise.workflow.model.WorkflowState

/** The owner of a run: its id and its fencing token. A write counts only with both. */
internal class RunOwner(
    val run: String,
    val owner: String,
    val token: Long,
) {
    companion object {
        /** The token of the first owner of a run. */
        const val FIRST_TOKEN = 1L
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
) {
    /** Takes a run for [claim], of which nothing is stored; false if there is one. */
    fun add(
        session: JdbcSession,
        claim: RunOwner,
    ): Boolean = session.update(filled(ADD), claim.run, claim.owner, leaseMillis) == 1

    /** The same, and the next ones, as parts of one statement of PostgreSQL for many runs, which return the owners for whom they counted. */
    val addAll: String =
        "INSERT INTO {p}run (id, owner, state, token, lease_until, created_at, changed_at) " +
            "SELECT v.v_id, v.v_owner, '${WorkflowState.PENDING}', ${RunOwner.FIRST_TOKEN}, {now} + $leaseMillis, {now}, {now} " +
            "FROM ${RowShape.rowsOf(CLAIM.take(2))} ON CONFLICT (id) DO NOTHING RETURNING owner"

    val writeAll: String =
        "UPDATE {p}run AS r SET lease_until = {now} + $leaseMillis, state = v.v_state, changed_at = {now} " +
            "FROM ${RowShape.rowsOf(CLAIM + ("state" to "text"))} WHERE $MINE_OF_ALL RETURNING r.owner"

    val releaseAll: String =
        "UPDATE {p}run AS r SET owner = NULL, lease_until = 0 FROM ${RowShape.rowsOf(
            CLAIM,
        )} WHERE $MINE_OF_ALL RETURNING v.v_owner AS owner"

    /**
     * Takes [run] for [owner]; null if it is not stored. Of several concurrent owners, one succeeds: the update locks the row.
     *
     * @throws RunTakenException if it belongs to another owner.
     */
    fun take(
        session: JdbcSession,
        run: String,
        owner: String,
    ): RunOwner? {
        val isTaken = session.update(filled(TAKE), owner, leaseMillis, run) == 1
        val token = session.first(filled(TOKEN), run) { it.getLong(1) } ?: return null
        return if (isTaken) RunOwner(run, owner, token) else throw RunTakenException(run)
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

    fun write(
        session: JdbcSession,
        claim: RunOwner,
        state: WorkflowState,
    ): Boolean = session.update(filled(WRITE), leaseMillis, state.name, claim.run, claim.owner, claim.token) == 1

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

    /** Removes a run without an owner; false if there is none. */
    fun remove(
        session: JdbcSession,
        run: String,
    ): Boolean {
        if (session.update(filled(REMOVE), run) == 1) {
            session.update(filled("DELETE FROM {p}definition WHERE run = ?"), run)
            return true
        }
        if (session.first(filled(TOKEN), run) { it.getLong(1) } != null) throw RunTakenException(run)
        return false
    }

    companion object {
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
        private const val MINE = "id = ? AND owner = ? AND token = ?"
        private const val ADD =
            "INSERT INTO {p}run (id, owner, state, token, lease_until, created_at, changed_at) " +
                "VALUES (?, ?, 'PENDING', ${RunOwner.FIRST_TOKEN}, {now} + ?, {now}, {now}) ON CONFLICT (id) DO NOTHING"
        private const val TAKE = "UPDATE {p}run SET owner = ?, token = token + 1, lease_until = {now} + ? WHERE id = ? AND $FREE"
        private const val OWNER = "SELECT owner FROM {p}run WHERE id = ? AND owner IS NOT NULL"
        private const val TOKEN = "SELECT token FROM {p}run WHERE id = ?"
        private const val READ = "SELECT outline, inputs, state, of_call FROM {p}run LEFT JOIN {p}definition ON run = id WHERE id = ?"
        private const val RENEW = "UPDATE {p}run SET lease_until = {now} + ? WHERE $MINE"

        /** Values: the milliseconds of the lease, the state, the run, the owner, the token. */
        const val WRITE = "UPDATE {p}run SET lease_until = {now} + ?, state = ?, changed_at = {now} WHERE $MINE"
        private const val RELEASE = "UPDATE {p}run SET owner = NULL, lease_until = 0 WHERE $MINE"
        private const val REMOVE = "DELETE FROM {p}run WHERE id = ? AND $FREE"
    }
}
