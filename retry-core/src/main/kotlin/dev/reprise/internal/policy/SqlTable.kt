package dev.reprise.internal.policy

import dev.reprise.internal.util.SqlError
import dev.reprise.internal.util.safeCause
import dev.reprise.internal.util.sqlError
import dev.reprise.policy.RestoredFailure
import dev.reprise.policy.typeNames

/**
 * Which failures of a database are transient: by SQLState, by the code of the vendor, by the class of JDBC. The guide prints these tables
 * with their sources.
 */
internal object SqlTable {
    /** SQLStates that mean: roll back and run the transaction again, on a new connection if this one is broken. */
    val transientStates: Set<String> =
        setOf(
            // Connection exceptions, of SQL and of ODBC.
            "08000",
            "08001",
            "08003",
            "08006",
            "08S01",
            // Transaction rollbacks: by the server, serialization failure, deadlock of PostgreSQL.
            "40000",
            "40001",
            "40P01",
            // PostgreSQL: insufficient resources, out of memory, too many connections, object in use, lock not available.
            "53000",
            "53200",
            "53300",
            "55006",
            "55P03",
            // PostgreSQL: shutdown, crash, start, end of an idle session.
            "57P01",
            "57P02",
            "57P03",
            "57P05",
        )

    /** SQLStates after which it is unknown whether the transaction was committed, or known that it never can be. */
    val finalStates: Set<String> = setOf("08007", "40002", "40003")

    /** The products by the packages of their drivers, and their codes for what the SQLState does not say. */
    val products: List<SqlProduct> =
        listOf(
            SqlProduct("MySQL, MariaDB", listOf("com.mysql.", "org.mariadb."), 1020, 1040, 1053, 1203, 1205, 1213, 3101, 3572),
            SqlProduct(
                "SQL Server",
                listOf("com.microsoft.sqlserver."),
                *intArrayOf(615, 926, 1204, 1205, 1222, 3960, 4060, 4221, 10928, 10929),
                *intArrayOf(40197, 40501, 40613, 41301, 41302, 41305, 41325, 41839, 49918, 49919, 49920),
            ),
            SqlProduct(
                "Oracle",
                listOf("oracle."),
                *intArrayOf(18, 20, 54, 60, 1012, 1033, 1034, 1089, 1090, 1092, 3113, 3114, 3135, 8177),
                *intArrayOf(12170, 12514, 12516, 12518, 12519, 12520, 12528, 12537, 12541, 17002, 17008, 17410, 30006),
            ),
            SqlProduct("SQLite", listOf("org.sqlite."), 5, 6, 15, mask = 0xff),
            SqlProduct("H2", listOf("org.h2."), 50200, 90020, 90067, 90098, 90131),
        )

    private val transientTypes = listOf("java.sql.SQLTransientException", "java.sql.SQLRecoverableException")
    private val knownTypes = transientTypes + "java.sql.SQLNonTransientException"
    private const val MOST = 64

    /**
     * True if [failure], one of its causes or one of the exceptions chained to these is transient, and none says that repeating is wrong. Null
     * if that is unknown: a restored `SQLException` has no SQLState, so only its class counts.
     */
    fun isTransient(failure: Throwable): Boolean? {
        val all = failure.withNext()
        val answers = all.map { answer(it, all) }
        return when {
            Answer.FINAL in answers -> false
            Answer.TRANSIENT in answers -> true
            Answer.UNKNOWN in answers -> null
            else -> false
        }
    }

    private enum class Answer { TRANSIENT, FINAL, OTHER, UNKNOWN }

    private fun answer(
        failure: Throwable,
        all: Collection<Throwable>,
    ): Answer {
        if (failure is RestoredFailure) return answer(failure)
        val error = failure.sqlError ?: return Answer.OTHER
        return when {
            error.state in finalStates -> Answer.FINAL
            error.state in transientStates || isTransientCode(error, failure, all) || failure.isOneOf(transientTypes) -> Answer.TRANSIENT
            else -> Answer.OTHER
        }
    }

    private fun answer(restored: RestoredFailure): Answer =
        when {
            restored.isOneOf(transientTypes) -> Answer.TRANSIENT
            "java.sql.SQLException" in restored.typeNames() && !restored.isOneOf(knownTypes) -> Answer.UNKNOWN
            else -> Answer.OTHER
        }

    private fun isTransientCode(
        error: SqlError,
        failure: Throwable,
        all: Collection<Throwable>,
    ): Boolean {
        if (error.code == 0) return false
        // Some drivers throw the classes of java.sql: then a chained exception or the place that threw it shows the driver.
        val names = sequenceOf(failure.javaClass.name, failure.thrower()) + all.asSequence().map { it.javaClass.name }
        val product = names.filterNotNull().firstNotNullOfOrNull { name -> products.find { it.isHomeOf(name) } }
        return product != null && product.isTransient(error.code)
    }

    private fun Throwable.thrower(): String? = stackTrace.firstOrNull { !it.className.startsWith("java.") }?.className

    private fun Throwable.isOneOf(types: List<String>): Boolean = typeNames().any { it in types }

    /** This failure, its causes and all exceptions that are chained to one of them. */
    private fun Throwable.withNext(): Collection<Throwable> {
        val found = LinkedHashSet<Throwable>()
        val open = ArrayDeque(listOf(this))
        while (open.isNotEmpty() && found.size < MOST) {
            val one = open.removeFirst()
            if (found.none { it === one }) {
                found += one
                listOfNotNull(one.safeCause, one.sqlError?.next).let(open::addAll)
            }
        }
        return found
    }
}

/** The codes of a vendor that mean a transient failure; its exceptions are in [packages]. Only the bits of [mask] count. */
internal class SqlProduct(
    val name: String,
    private val packages: List<String>,
    vararg codes: Int,
    private val mask: Int = -1,
) {
    val codes: Set<Int> = codes.toSortedSet()

    fun isHomeOf(className: String): Boolean = packages.any(className::startsWith)

    fun isTransient(code: Int): Boolean = (code and mask) in codes
}
