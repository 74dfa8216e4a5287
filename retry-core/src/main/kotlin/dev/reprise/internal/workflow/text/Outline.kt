package dev.reprise.internal.workflow.text

import dev.reprise.workflow.model.Atom
import dev.reprise.workflow.model.ControllerAtom
import dev.reprise.workflow.model.DeciderDepth
import dev.reprise.workflow.model.FlowKind
import dev.reprise.workflow.model.Link
import dev.reprise.workflow.model.Workflow
import dev.reprise.workflow.model.WorkflowNode

/**
 * What a workflow consists of, as lines of text, by which a stored run knows its workflow again:
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
internal object Outline {
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

    /** Reads [text] part by part, in its order. */
    fun read(
        text: String,
        parts: OutlineParts,
    ) = text.lineSequence().forEach { part(it, parts) }

    private fun part(
        line: String,
        parts: OutlineParts,
    ) {
        val rest = line.substringAfter(' ')
        when (val word = line.substringBefore(' ')) {
            END -> {
                parts.close()
            }

            "task", "controller" -> {
                val name = unescaped(rest.substringAfter(' '))
                parts.atom(name, unescaped(rest.substringBefore(' ')), isController = word == "controller")
            }

            "link" -> {
                link(rest, parts)
            }

            else -> {
                parts.open(unescaped(line.substringAfter(WORKFLOW)), FlowKind.valueOf(word.uppercase()))
            }
        }
    }

    private fun link(
        rest: String,
        parts: OutlineParts,
    ) {
        val names = rest.split('\t')
        val condition = names.getOrNull(2)?.removePrefix("if ")
        parts.link(unescaped(names[0]), unescaped(names[1]), condition?.let(DeciderDepth::valueOf))
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

/** Receives the parts of an outline. */
internal interface OutlineParts {
    /** The parts that follow, up to [close], are in the workflow [name]. */
    fun open(
        name: String,
        kind: FlowKind,
    )

    fun close()

    fun atom(
        name: String,
        version: String,
        isController: Boolean,
    )

    /** A link; [condition] is what is skipped if its decider says no, null if it has none. */
    fun link(
        from: String,
        to: String,
        condition: DeciderDepth?,
    )
}
