package dev.reprise.internal.workflow.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.workflow.model.RunTakenException
import dev.reprise.workflow.model.WorkflowState
import dev.reprise.workflow.operate.StructureText

/** The owner of a run: its id and its fencing token. A write counts only with both. */
internal class RunOwner(
    val run: String,
    val owner: String,
    val token: Long,
)

/** The stored parts of the run itself. */
internal class StoredRun(
    val outline: String?,
    val inputs: String?,
    val state: WorkflowState,
)

/** The runs, their owners and their leases, on the clock of the database. `{p}` is the prefix of the tables, `{now}` the present. */
internal class RunTable(
    private val filled: (String) -> String,
    private val leaseMillis: Long,
) {
    /** Takes [run] for [owner], new or not. Of several concurrent owners, one succeeds: the update locks the row. */
    fun take(
        session: JdbcSession,
        run: String,
        owner: String,
    ): RunOwner {
        session.update(filled(ADD), run, WorkflowState.PENDING.name)
        val taken = session.update(filled(TAKE), owner, leaseMillis, run)
        if (taken == 0) throw RunTakenException(run)
        return RunOwner(run, owner, checkNotNull(session.first(filled(TOKEN), run) { it.getLong(1) }))
    }

    fun read(
        session: JdbcSession,
        run: String,
    ): StoredRun =
        checkNotNull(
            session.first(filled(READ), run) {
                StoredRun(it.getString(1), it.getString(2), WorkflowState.valueOf(it.getString(3)))
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

    /** What the run starts with; the caller has written before and so has locked the row. */
    fun begin(
        session: JdbcSession,
        claim: RunOwner,
        outline: String,
        inputs: String,
    ) {
        session.update(filled(BEGIN), claim.run, StructureText.nameIn(outline), outline, inputs)
    }

    fun release(
        session: JdbcSession,
        claim: RunOwner,
    ) {
        session.update(filled(RELEASE), claim.run, claim.owner, claim.token)
    }

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

    private companion object {
        const val FREE = "(owner IS NULL OR lease_until <= {now})"
        const val MINE = "id = ? AND owner = ? AND token = ?"
        const val ADD =
            "INSERT INTO {p}run (id, state, token, lease_until, created_at, changed_at) VALUES (?, ?, 0, 0, {now}, {now}) " +
                "ON CONFLICT (id) DO NOTHING"
        const val TAKE = "UPDATE {p}run SET owner = ?, token = token + 1, lease_until = {now} + ? WHERE id = ? AND $FREE"
        const val TOKEN = "SELECT token FROM {p}run WHERE id = ?"
        const val READ = "SELECT outline, inputs, state FROM {p}run LEFT JOIN {p}definition ON run = id WHERE id = ?"
        const val BEGIN =
            "INSERT INTO {p}definition (run, workflow, outline, inputs) VALUES (?, ?, ?, ?) " +
                "ON CONFLICT (run) DO UPDATE SET workflow = excluded.workflow, outline = excluded.outline, inputs = excluded.inputs"
        const val RENEW = "UPDATE {p}run SET lease_until = {now} + ? WHERE $MINE"
        const val WRITE = "UPDATE {p}run SET lease_until = {now} + ?, state = ?, changed_at = {now} WHERE $MINE"
        const val RELEASE = "UPDATE {p}run SET owner = NULL, lease_until = 0 WHERE $MINE"
        const val REMOVE = "DELETE FROM {p}run WHERE id = ? AND $FREE"
    }
}
