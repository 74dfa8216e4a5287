package dev.reprise.spring

import dev.reprise.interop.RetryWith
import dev.reprise.queue.InMemoryCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.CallContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import org.assertj.core.api.Assertions.assertThat
import org.junit.jupiter.api.Test
import java.io.IOException
import java.util.function.Supplier

open class Prices {
    open val log = ArrayList<String>()

    @RetryWith("every(1ms) maxAttempts(3)")
    open suspend fun price(sku: String): String {
        delay(1)
        log += "price of $sku"
        return if (log.size < 3) throw IOException("down") else "42 EUR"
    }

    @RetryWith("every(1ms) maxAttempts(2)", recover = "lastKnown")
    open suspend fun never(sku: String): String = throw IOException("no $sku")

    open suspend fun lastKnown(
        failure: IOException,
        sku: String,
    ): String {
        delay(1)
        return "last known of $sku after ${failure.message}"
    }

    @RetryWith("every(1ms) maxAttempts(3)")
    open fun changes(): Flow<Int> =
        flow {
            log += "collect"
            emit(log.size)
            if (log.size < 2) throw IOException("down")
        }
}

open class Stock {
    @RetryWith("maxAttempts(1)")
    open suspend fun count(): Int {
        delay(1)
        throw IOException("out of stock")
    }
}

open class Shipping {
    @DurableHandler("ship")
    open suspend fun ship(
        order: String,
        context: CallContext,
    ): String {
        delay(1)
        return "shipped $order at attempt ${context.attempt}"
    }
}

class KotlinBeansTest {
    private val application = Contexts.application().withBean(Prices::class.java, Supplier { Prices() })

    @Test
    fun `a suspend function is retried`() {
        application.run { context ->
            val prices = context.getBean(Prices::class.java)
            assertThat(runBlocking { prices.price("book") }).isEqualTo("42 EUR")
            assertThat(prices.log).containsExactly("price of book", "price of book", "price of book")
        }
    }

    @Test
    fun `its recover function suspends too`() {
        application.run { context ->
            assertThat(runBlocking { context.getBean(Prices::class.java).never("book") })
                .isEqualTo("last known of book after no book")
        }
    }

    @Test
    fun `a flow is collected again`() {
        application.run { context ->
            assertThat(runBlocking { context.getBean(Prices::class.java).changes().toList() }).containsExactly(1, 2)
        }
    }

    @Test
    fun `a handler that suspends is called as such`() {
        Contexts
            .withQueue()
            .withBean(InMemoryCallStore::class.java, Supplier { InMemoryCallStore() })
            .withBean(Shipping::class.java, Supplier { Shipping() })
            .run { context ->
                val ship = context.getBean(JsonTargets::class.java).of("ship", String::class.java, String::class.java)
                val queue = context.getBean(RetryQueue::class.java)
                assertThat(runBlocking { queue.enqueue(ship, "7").await() }).isEqualTo("shipped 7 at attempt 1")
            }
    }
}
