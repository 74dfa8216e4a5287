package dev.reprise.workflow

import dev.reprise.workflow.model.Inputs
import dev.reprise.workflow.model.RevertScope
import dev.reprise.workflow.model.Task
import dev.reprise.workflow.model.TaskHandle
import dev.reprise.workflow.model.TaskOutcome
import dev.reprise.workflow.model.TaskScope
import dev.reprise.workflow.model.WorkflowListener
import dev.reprise.workflow.model.WorkflowOutcome
import dev.reprise.workflow.model.forEach
import dev.reprise.workflow.model.key
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.test.runTest

private val ip = key<String>("ip")
private val port = key<Int>("port")

class WorkflowDslTest : FunSpec({
    test("the next address is tried, and what the first one left behind is reverted") {
        val said = ArrayList<String>()
        val send =
            linear("send", retry = forEach(listOf("192.168.1.1", "192.168.1.2"), provides = ip)) {
                val socket = task("connect", requires = ip) { "socket to $it" } revert { socket -> said += "closed $socket" }
                task("send", requires = socket) { if ("1.1" in it) throw Broken("unreachable") else said += "hello on $it" }
            }
        runTest {
            WorkflowEngine().executeOrThrow(send)[ip] shouldBe "192.168.1.2"
        }
        said shouldContainExactly listOf("closed socket to 192.168.1.1", "hello on socket to 192.168.1.2")
    }

    test("a result is found by its handle, by its key, and by the keys of its parts") {
        val whole = key<Pair<String, Int>>("address")
        lateinit var handle: TaskHandle<Pair<String, Int>>
        val flow =
            linear("parts") {
                handle = task("parse", provides = whole) { "localhost" to 80 }.provides(ip) { it.first }.provides(port) { it.second }
                task("check", ip, port) { host, number -> check("$host:$number" == "localhost:80") }
            }
        runTest {
            val result = WorkflowEngine().executeOrThrow(flow)
            result[whole] shouldBe ("localhost" to 80)
            result[handle] shouldBe ("localhost" to 80)
            result[port] shouldBe 80
        }
    }

    test("inputs, injected values, other names and defaults") {
        val seen = ArrayList<String>()
        val other = key<String>("other")
        val flow =
            unordered("lookup") {
                task("input", requires = ip) { seen += "input $it" }
                task("injected", requires = ip) { seen += "injected $it" }.inject(ip, "own")
                task("rebound") { seen += "rebound ${get(ip)}" }.rebind(ip, from = other)
                task("default") { seen += "default ${get(port)}" }.optional(port, 8080)
            }
        runTest { WorkflowEngine().executeOrThrow(flow, Inputs.of(ip, "store").with(other, "elsewhere")) }
        seen shouldContainExactly listOf("input store", "injected own", "rebound elsewhere", "default 8080")
    }

    test("map and reduce") {
        val (a, b) = key<Int>("a") to key<Int>("b")
        val (x, y) = key<Int>("x") to key<Int>("y")
        val sum = key<Int>("sum")
        val flow =
            graph("sums") {
                reduceTask("add", listOf(x, y), provides = sum) { p, q -> p + q }
                mapTask("double", listOf(a, b), listOf(x, y)) { it * 2 }
            }
        runTest { WorkflowEngine().executeOrThrow(flow, Inputs.of(a, 3).with(b, 4))[sum] shouldBe 14 }
    }

    test("a decider skips a task and all after it") {
        val log = EventLog()
        lateinit var skipped: TaskHandle<String>
        val flow =
            graph("choice") {
                val look = task("look") { 1 }
                skipped = task("skipped") { "never" }
                val after = task("after") { }
                link(look, skipped) { it[look] == 2 }
                link(skipped, after)
            }
        runTest {
            WorkflowEngine { listener(log) }
                .executeOrThrow(flow)
                .values
                .getOrNull(skipped)
                .shouldBeNull()
        }
        log.lines shouldContainExactly listOf("choice RUNNING", "look SUCCESS", "skipped IGNORE", "after IGNORE", "choice SUCCESS")
    }

    test("hooks run around execute and revert, and a task class knows its own outcome") {
        val said = ArrayList<String>()
        val charge =
            object : Task<Int>("charge", requires = listOf(ip)) {
                override suspend fun execute(scope: TaskScope): Int = throw Broken("refused for ${scope[ip]}")

                override suspend fun revert(
                    scope: RevertScope,
                    outcome: TaskOutcome<Int>,
                ) = said.add("undo ${outcome.shouldBeInstanceOf<TaskOutcome.Threw>().failure.message}, ${scope.causedBy<Broken>()}")
            }
        val flow =
            linear("hooks") {
                task("first") { said += "execute" }
                    .preExecute { said += "before" }
                    .postExecute { said += "after" }
                    .revert { said += "revert" }
                    .preRevert { said += "before revert" }
                    .postRevert { said += "after revert" }
                add(charge)
            }
        runTest { shouldThrow<Broken> { WorkflowEngine().executeOrThrow(flow, Inputs.of(ip, "me")) }.message shouldBe "refused for me" }
        said shouldContainExactly
            listOf("before", "execute", "after", "undo refused for me, true", "before revert", "revert", "after revert")
    }

    test("a requirement of a task class can be removed, and a revert has its own requirements") {
        val said = ArrayList<String>()
        val greedy =
            object : Task<String>("greedy", requires = listOf(ip, port)) {
                override suspend fun execute(scope: TaskScope): String = "of ${scope[ip]}"
            }
        val flow =
            linear("lookup") {
                val own = add(greedy).ignore(port)
                task("open", requires = ip) { "socket" }.revertRequires(own) revert { said += "$it ${get(own)}" }
                task("fail") { throw Broken("down") }
            }
        runTest { shouldThrow<Broken> { WorkflowEngine().executeOrThrow(flow, Inputs.of(ip, "me")) } }
        said shouldContainExactly listOf("socket of me")
    }

    test("progress is stored and reported, from a parallel engine as well") {
        for (parallelism in listOf(1, 2)) {
            val log = EventLog()
            val flow = linear("work") { task("long") { progress(0.5) } }
            runTest {
                WorkflowEngine {
                    this.parallelism = parallelism
                    listener(log)
                }.executeOrThrow(flow)
            }
            log.lines shouldContainExactly listOf("work RUNNING", "long 0.5", "long SUCCESS", "work SUCCESS")
        }
    }

    test("higher priority starts first, and is reverted first") {
        val said = ArrayList<String>()
        val flow =
            linear("priorities") {
                unordered("tasks") {
                    task("low") { said += "low" } revert { said += "undo low" }
                    (task("high") { said += "high" } revert { said += "undo high" }).priority(5)
                }
                task("fails") { throw Broken("x") }
            }
        runTest { WorkflowEngine().execute(flow).shouldBeInstanceOf<WorkflowOutcome.Reverted>() }
        said shouldContainExactly listOf("high", "low", "undo high", "undo low")
    }

    test("a listener that throws changes nothing") {
        val flow = linear("flow") { task("a") { 1 } }
        runTest {
            WorkflowEngine { listener(WorkflowListener { error("x") }) }.executeOrThrow(flow).shouldBeInstanceOf<WorkflowOutcome.Success>()
        }
    }
})
