package dev.reprise.workflow

import dev.reprise.internal.workflow.plan.PlanCache
import dev.reprise.internal.workflow.text.Outline
import dev.reprise.workflow.model.DeciderDepth
import dev.reprise.workflow.model.FlowKind
import dev.reprise.workflow.model.Workflow
import dev.reprise.workflow.model.times
import dev.reprise.workflow.operate.StructureNode
import dev.reprise.workflow.operate.WorkflowStructure
import dev.reprise.workflow.operate.structure
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe

private val order: Workflow =
    graph("order") {
        val reserve = task("reserve \"all\"") { 1 }
        val pay = linear("pay", retry = times(2)) { task("charge") { } }
        val mail = task("mail", requires = reserve) { }.version("2.0")
        link(pay, mail, DeciderDepth.ATOM) { true }
    }

private fun lines(node: StructureNode): List<String> =
    listOf(node.toString()) +
        if (node is WorkflowStructure) listOfNotNull(node.controller).map { "$it" } + node.children.flatMap(::lines) else emptyList()

class StructureTest : FunSpec({
    test("a workflow shows its children, controllers, links and conditions") {
        val structure = order.structure
        structure.kind shouldBe FlowKind.GRAPH
        lines(structure) shouldContainExactly
            listOf("graph workflow order", "task 1.0 reserve \"all\"", "linear workflow pay") +
            listOf("controller 1.0 pay_retry", "task 1.0 charge", "task 2.0 mail")
        structure.links.map { "$it" } shouldContainExactly listOf("pay -> mail if (ATOM)", "reserve \"all\" -> mail")
        structure.tasks.map { it.name } shouldContainExactly listOf("reserve \"all\"", "pay_retry", "charge", "mail")
    }

    test("what is stored is read back, whatever the names hold") {
        val names = listOf("end", "task 1.0 x", "a\nend\nend", "tab\tand \\n", "link a\tb", "")
        val flow = graph("a workflow named\nend") { names.map { task(it) { }.version("v 1") }.zipWithNext { a, b -> link(a, b) } }
        val read = WorkflowStructure.read(PlanCache.planOf(flow).outline)
        read.name shouldBe flow.name
        Outline.nameIn(PlanCache.planOf(flow).outline) shouldBe flow.name
        read.tasks.map { it.name to it.version } shouldContainExactly names.map { it to "v 1" }
        read.links.map { it.from to it.to } shouldContainExactly names.zipWithNext()
    }

    test("a hundred thousand tasks, and workflows nested three thousand deep") {
        val wide = linear("wide") { repeat(100_000) { task("t$it") { } } }
        // Every level is planned when it is defined.
        val deep = (1..3_000).fold(linear("w0") { task("t") { } }) { inner, depth -> linear("w$depth") { add(inner) } }

        wide.structure.tasks.size shouldBe 100_000
        deep.structure.tasks.size shouldBe 1
    }

    test("a drawing for Mermaid") {
        order.structure.toMermaid() shouldBe
            """
            flowchart TD
              subgraph w0["order"]
                t1["reserve #34;all#34;"]
                subgraph w2["pay"]
                  t3{{"pay#95;retry"}}
                  t4["charge"]
                  t3 -.-> t4
                end
                t5["mail"]
                w2 -->|if| t5
                t1 --> t5
              end

            """.trimIndent().replace("#95;", "_")
    }

    test("a drawing for Graphviz") {
        order.structure.toDot() shouldBe
            """
            digraph "order" {
              compound=true; node [shape=box, style="rounded,filled", fillcolor="#ffffff"];
              subgraph cluster_w0 {
                label="order"; w0 [shape=point, style=invis];
                t1 [label="reserve \"all\""];
                subgraph cluster_w2 {
                  label="pay"; w2 [shape=point, style=invis];
                  t3 [label="pay_retry", shape=hexagon];
                  t4 [label="charge"];
                  t3 -> t4 [style=dashed];
                }
                t5 [label="mail"];
                w2 -> t5 [label="if", ltail=cluster_w2];
                t1 -> t5;
              }
            }

            """.trimIndent()
    }
})
