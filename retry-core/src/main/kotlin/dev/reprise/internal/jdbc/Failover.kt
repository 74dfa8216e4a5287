package dev.reprise.internal.jdbc

import org.postgresql.util.PSQLWarning
import java.sql.Connection
import java.sql.SQLException
import java.sql.SQLWarning

/** A commit that is on the primary alone: its standby did not confirm it, and it is lost if that one takes over. */
internal class UnconfirmedCommitException : SQLException("waiting for the standby was canceled, so the outcome is unknown", UNKNOWN_OUTCOME)

/**
 * Commits. A server that is kept from waiting for its standby reports success and a warning.
 *
 * @throws UnconfirmedCommitException if it did.
 */
internal fun Connection.commitConfirmed() {
    clearWarnings()
    commit()
    warnings.requireConfirmed()
}

/** @throws UnconfirmedCommitException if a statement with these warnings was committed on the primary alone. */
internal fun SQLWarning?.requireConfirmed() {
    if (generateSequence(this) { it.nextWarning }.any { it.isOfCanceledWait() }) throw UnconfirmedCommitException()
}

/** Recognised by the routine of the server that gives it: the text is translated. The driver can be that of another database. */
private fun SQLWarning.isOfCanceledWait(): Boolean =
    javaClass.name == "org.postgresql.util.PSQLWarning" && (this as PSQLWarning).serverErrorMessage.routine == "SyncRepWaitForLSN"

/** Ends this connection if [failure] shows that its server is a primary no longer: a pool would hand it out again, for as long as it lives. */
internal fun Connection.abortIfReadOnly(failure: Throwable) {
    if (failure is SQLException && failure.sqlState == READ_ONLY) failure.alsoTry { abort(Runnable::run) }
}

private const val UNKNOWN_OUTCOME = "40003"
private const val READ_ONLY = "25006"
