package dev.reprise.failures

import dev.reprise.policy.FailureDescription
import dev.reprise.policy.RestoredFailure
import io.kotest.core.spec.style.FunSpec
import io.kotest.inspectors.forAll
import io.kotest.matchers.shouldBe
import java.sql.BatchUpdateException
import java.sql.SQLException
import java.sql.SQLIntegrityConstraintViolationException
import java.sql.SQLNonTransientConnectionException
import java.sql.SQLRecoverableException
import java.sql.SQLSyntaxErrorException
import java.sql.SQLTransientConnectionException

/** An exception as a driver throws it that uses the classes of `java.sql`. */
private fun thrownBy(
    driver: String,
    state: String?,
    code: Int,
): SQLException =
    SQLException("failed", state, code).apply {
        stackTrace = arrayOf(StackTraceElement("java.sql.Wrapper", "get", null, 1), StackTraceElement(driver, "read", null, 1))
    }

class SqlFailuresTest : FunSpec({
    fun isTransient(state: String) = SqlFailures.isTransient(SQLException("failed", state))

    test("a state says that a transaction can be run again") {
        listOf("08000", "08001", "08003", "08006", "08S01", "40000", "40001", "40P01", "53000", "53200", "53300", "55006", "55P03")
            .forAll { isTransient(it) shouldBe true }
        listOf("57P01", "57P02", "57P03", "57P05").forAll { isTransient(it) shouldBe true }
    }

    test("a state says that it cannot, or that it is unknown whether it was committed") {
        listOf("08004", "08007", "08P01", "22001", "23505", "25P02", "28P01", "40002", "40003", "42601", "53100", "57014", "XX000")
            .forAll { isTransient(it) shouldBe false }
        SqlFailures.isTransient(SQLRecoverableException("lost at commit", "08007")) shouldBe false
        SqlFailures.isTransient(SQLException("no state")) shouldBe false
    }

    test("a code counts for the product that throws it, whatever the class of the exception") {
        val codes =
            mapOf(
                "com.mysql.cj.jdbc.exceptions.SQLError" to listOf(1020, 1040, 1053, 1203, 1205, 1213, 3101, 3572),
                "org.mariadb.jdbc.export.ExceptionFactory" to listOf(1020, 1205, 1213),
                "com.microsoft.sqlserver.jdbc.SQLServerException" to
                    listOf(615, 1204, 1205, 1222, 3960, 4060, 10928, 40197, 40501, 40613, 41302, 49918),
                "oracle.jdbc.driver.T4CTTIoer11" to listOf(18, 20, 54, 60, 1033, 1034, 3113, 8177, 12514, 12541, 17002),
                "org.sqlite.core.DB" to listOf(5, 6, 15, 261, 517),
                "org.h2.message.DbException" to listOf(50200, 90020, 90067, 90098, 90131),
            )
        codes.forEach { (driver, transient) -> transient.forAll { SqlFailures.isTransient(thrownBy(driver, "HY000", it)) shouldBe true } }
        // Of SQL Server a lock that times out, of MySQL a SELECT with too many columns.
        SqlFailures.isTransient(thrownBy("com.mysql.cj.jdbc.exceptions.SQLError", "21000", 1222)) shouldBe false
        SqlFailures.isTransient(thrownBy("org.postgresql.core.v3.QueryExecutorImpl", null, 1205)) shouldBe false
        SqlFailures.isTransient(SQLException("without a trace", "HY000", 1205).apply { stackTrace = emptyArray() }) shouldBe false
    }

    test("a class of JDBC says that it is transient, unless the state says more") {
        SqlFailures.isTransient(SQLTransientConnectionException("the pool is empty")) shouldBe true
        SqlFailures.isTransient(SQLRecoverableException("closed connection")) shouldBe true
        SqlFailures.isTransient(SQLNonTransientConnectionException("closed", "08006")) shouldBe true
        SqlFailures.isTransient(SQLSyntaxErrorException("SELEKT", "42601")) shouldBe false
    }

    test("causes and chained exceptions are judged, at any depth and in circles") {
        val deadlock = SQLException("deadlock", "40P01")
        val batch =
            BatchUpdateException("batch", "25P02", 0, intArrayOf()).apply {
                nextException =
                    SQLException("next").apply { nextException = deadlock }
            }
        SqlFailures.isTransient(IllegalStateException("wrapped", RuntimeException(batch))) shouldBe true
        deadlock.initCause(batch)
        SqlFailures.isTransient(batch) shouldBe true
        val rejected =
            SQLIntegrityConstraintViolationException("duplicate key", "23505").apply {
                nextException =
                    SQLException("aborted", "25P02")
            }
        SqlFailures.isTransient(rejected) shouldBe false
        SqlFailures.isTransient(SQLException("deadlock", "40001").apply { nextException = SQLException("in doubt", "40003") }) shouldBe
            false
        SqlFailures.isTransient(IllegalStateException("no database")) shouldBe false
    }

    test("a restored failure is judged by its classes, because its state was not stored") {
        fun restored(failure: Throwable) = RestoredFailure(FailureDescription.of(failure))
        SqlFailures.isTransient(restored(SQLTransientConnectionException("pool"))) shouldBe true
        SqlFailures.isTransient(restored(IllegalStateException(SQLRecoverableException("lost")))) shouldBe true
        SqlFailures.isTransient(restored(SQLException("deadlock", "40P01"))) shouldBe false
        SqlFailures.isTransient(restored(SQLSyntaxErrorException("SELEKT"))) shouldBe false
    }
})
