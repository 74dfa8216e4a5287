package dev.reprise.benchmarks.queue

import com.gruelbox.transactionoutbox.DefaultPersistor
import com.gruelbox.transactionoutbox.Dialect
import com.gruelbox.transactionoutbox.Instantiator
import com.gruelbox.transactionoutbox.Submitter
import com.gruelbox.transactionoutbox.TransactionManager
import com.gruelbox.transactionoutbox.TransactionOutbox
import com.zaxxer.hikari.HikariDataSource
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit

/**
 * transaction-outbox 4.2.268 (Apache License 2.0), the newest of it on Maven Central: the process that has scheduled a call makes it
 * after the commit, on an executor; what is left over is flushed in the background. The queue of the executor has no end, because what
 * does not fit waits for two minutes.
 */
class OutboxContender(
    private val source: HikariDataSource,
) : Contender {
    private val executor = Executors.newFixedThreadPool(WORKERS)
    private val flusher = Executors.newSingleThreadScheduledExecutor()
    private val transactions = TransactionManager.fromDataSource(source)
    private var onCall: (String) -> Unit = {}
    private val outbox: TransactionOutbox =
        TransactionOutbox
            .builder()
            .transactionManager(transactions)
            .persistor(
                DefaultPersistor
                    .builder()
                    .dialect(Dialect.POSTGRESQL_9)
                    .migrate(false)
                    .build(),
            ).instantiator(Instantiator.using { Work { payload -> onCall(payload) } })
            .submitter(Submitter.withExecutor(executor))
            .build()

    override suspend fun prepare() {
        TransactionOutbox
            .builder()
            .transactionManager(transactions)
            .persistor(DefaultPersistor.builder().dialect(Dialect.POSTGRESQL_9).build())
            .build()
    }

    override suspend fun start(onCall: (String) -> Unit) {
        this.onCall = onCall
        flusher.scheduleWithFixedDelay(::flush, 1, 1, TimeUnit.SECONDS)
    }

    /** Until there is nothing left to flush, as its documentation has it. */
    private fun flush() {
        do {
            val hasFlushed = outbox.flush()
        } while (hasFlushed)
    }

    override suspend fun enqueue(payload: String): Unit = enqueueAll(listOf(payload))

    override suspend fun enqueueAll(payloads: List<String>): Unit =
        transactions.inTransaction(Runnable { payloads.forEach { outbox.schedule(Task::class.java).run(it) } })

    override fun close() {
        flusher.shutdownNow()
        executor.shutdownNow()
        executor.awaitTermination(5, TimeUnit.SECONDS)
        source.close()
    }

    fun interface Task {
        fun run(payload: String)
    }

    /** Scheduled by its interface, instantiated as this. */
    class Work(
        private val onCall: (String) -> Unit,
    ) : Task {
        override fun run(payload: String): Unit = onCall(payload)
    }

    private companion object {
        const val WORKERS = 20
    }
}
