package dev.reprise.temporal.internal

import io.temporal.workflow.Workflow
import java.time.Duration

/** Gives the calls of an order their turns. It holds no worker between them. */
internal class OrderRun : OrderWorkflow {
    private val order = OrderRecord()
    private val waiting = ArrayDeque<String>()

    override fun run(order: OrderRecord) {
        restore(order)
        while (true) {
            if (this.order.head == null) next()
            val head = this.order.head ?: return
            if (!this.order.called) call(head) else awaitEnd(head)
            if (Workflow.getInfo().historyLength > MOST_EVENTS) Workflow.continueAsNew(order())
        }
    }

    /** What came in before is behind what an earlier run left. */
    private fun restore(left: OrderRecord) {
        order.head = left.head
        order.blocked = left.blocked
        order.called = left.called && left.head !in waiting
        left.head?.let { waiting -= it }
        waiting.addAll(0, left.waiting)
    }

    private fun next() {
        order.head = waiting.removeFirstOrNull()
        order.called = false
        order.blocked = false
    }

    private fun call(head: String) {
        order.called = true
        order.blocked = false
        if (!ifOpen { Workflow.newExternalWorkflowStub(CallWorkflow::class.java, head).turn() }) ended(head, blocks = false)
    }

    /** Looks now and then whether the head is still there: a workflow that a person terminates sends nothing. */
    private fun awaitEnd(head: String) {
        val hasChanged = { order.head != head || !order.called }
        if (order.blocked) return Workflow.await { hasChanged() || !order.blocked }
        if (Workflow.await(LOOK_AFTER) { hasChanged() || order.blocked }) return
        if (!ifOpen { Workflow.newExternalWorkflowStub(CallWorkflow::class.java, head).look() }) ended(head, blocks = false)
    }

    override fun join(cid: String) {
        if (cid == order.head) {
            order.called = false
        } else if (cid !in waiting) {
            waiting += cid
        }
    }

    override fun ended(
        cid: String,
        blocks: Boolean,
    ) {
        when {
            cid != order.head -> waiting -= cid
            blocks -> order.blocked = true
            else -> order.head = null
        }
    }

    override fun order(): OrderRecord {
        val now = this
        return OrderRecord().apply {
            head = now.order.head
            called = now.order.called
            blocked = now.order.blocked
            waiting = now.waiting.toList()
        }
    }

    private companion object {
        const val MOST_EVENTS = 5_000
        val LOOK_AFTER: Duration = Duration.ofHours(1)
    }
}
