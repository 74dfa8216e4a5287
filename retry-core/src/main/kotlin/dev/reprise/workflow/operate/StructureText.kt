package dev.reprise.workflow.operate

import dev.reprise.workflow.model.Atom
import dev.reprise.workflow.model.ControllerAtom
import dev.reprise.workflow.model.DeciderDepth
import dev.reprise.workflow.model.FlowKind
import dev.reprise.workflow.model.Link
import dev.reprise.workflow.model.Workflow
import dev.reprise.workflow.model.WorkflowNode

/**
 * A structure as lines of text, by which a stored run knows its workflow again:
 *
 * ```
 * linear workflow order
 * task 1.0 reserve
 * linear workflow pay
 * controller 1.0 pay_retry
 * task 1.0 charge
 * end
 * end
 * ```
 *
 * Walks with a stack of its own: workflows may be nested deeper than a thread's stack.
 */
internal object StructureText {
    private const val END = "end"
    private const val WORKFLOW = " workflow "

    fun write(root: WorkflowNode): String {
        val lines = StringBuilder()
        val left = ArrayList<Any>()
        left += root
        while (left.isNotEmpty()) {
            when (val next = left.removeAt(left.lastIndex)) {
                is Atom -> lines.line(describe(next))
                is Workflow -> left.enter(next, lines)
                is Link -> lines.line(describe(next))
                else -> lines.line(END)
            }
        }
        return lines.toString()
    }

    private fun ArrayList<Any>.enter(
        workflow: Workflow,
        lines: StringBuilder,
    ) {
        lines.line(workflow.kind.name.lowercase() + WORKFLOW + escaped(workflow.name))
        add(END)
        addAll(workflow.links.asReversed())
        addAll(workflow.children.asReversed())
        workflow.controller?.let(::add)
    }

    private fun StringBuilder.line(text: String) {
        if (isNotEmpty()) append('\n')
        append(text)
    }

    private fun describe(atom: Atom) =
        "${if (atom is ControllerAtom) "controller" else "task"} ${escaped(atom.version).replace(" ", "\\s")} ${escaped(atom.name)}"

    private fun describe(link: Link): String {
        val condition = if (link.decider == null) "" else "\tif ${link.depth}"
        return "link ${escaped(link.from.name)}\t${escaped(link.to.name)}$condition"
    }

    /** The name of the workflow in [text], without reading all of it. */
    fun nameIn(text: String): String {
        val line = text.lineSequence().first()
        return unescaped(if (WORKFLOW in line) line.substringAfter(WORKFLOW) else line.substringAfter(' ').substringAfter(' '))
    }

    fun read(text: String): WorkflowStructure {
        val open = arrayListOf(Part(FlowKind.LINEAR, ""))
        text.lineSequence().forEach { line ->
            if (line == END) {
                val ended = open.removeAt(open.lastIndex).build()
                open.last().children += ended
            } else {
                read(line, open)
            }
        }
        val root = open.single().children.single()
        return root as? WorkflowStructure ?: WorkflowStructure(root.name, FlowKind.LINEAR, null, listOf(root), emptyList())
    }

    private fun read(
        line: String,
        open: ArrayList<Part>,
    ) {
        val rest = line.substringAfter(' ')
        when (val word = line.substringBefore(' ')) {
            "task" -> open.last().children += task(rest, isController = false)
            "controller" -> open.last().controller = task(rest, isController = true)
            "link" -> open.last().links += link(rest)
            else -> open += Part(FlowKind.valueOf(word.uppercase()), unescaped(line.substringAfter(WORKFLOW)))
        }
    }

    private fun task(
        rest: String,
        isController: Boolean,
    ) = TaskStructure(unescaped(rest.substringAfter(' ')), unescaped(rest.substringBefore(' ')), isController)

    private fun link(rest: String): LinkStructure {
        val parts = rest.split('\t')
        val condition = parts.getOrNull(2)?.removePrefix("if ")
        return LinkStructure(
            unescaped(parts[0]),
            unescaped(parts[1]),
            condition != null,
            condition?.let(DeciderDepth::valueOf) ?: DeciderDepth.ALL,
        )
    }

    private class Part(
        val kind: FlowKind,
        val name: String,
    ) {
        var controller: TaskStructure? = null
        val children = ArrayList<StructureNode>()
        val links = ArrayList<LinkStructure>()

        fun build() = WorkflowStructure(name, kind, controller, children, links)
    }

    /** Names may hold anything; in a line they hold neither ends of lines nor tabs. */
    private fun escaped(name: String): String {
        if (name.none { it == '\\' || it == '\n' || it == '\r' || it == '\t' }) return name
        return name
            .replace("\\", "\\\\")
            .replace("\n", "\\n")
            .replace("\r", "\\r")
            .replace("\t", "\\t")
    }

    private val escapes = mapOf('n' to "\n", 'r' to "\r", 't' to "\t", 's' to " ", '\\' to "\\")
    private val escape = Regex("""\\(.)""")

    private fun unescaped(text: String): String =
        if ('\\' in text) escape.replace(text) { escapes.getValue(it.groupValues[1][0]) } else text
}
