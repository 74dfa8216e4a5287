package dev.reprise.console.draw

import dev.reprise.console.internal.html.Html
import dev.reprise.console.internal.html.forPeople
import dev.reprise.console.internal.html.html
import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.operate.RunSnapshot
import dev.reprise.workflow.operate.TaskSnapshot
import dev.reprise.workflow.operate.TaskStructure
import dev.reprise.workflow.operate.WorkflowStructure

/**
 * Draws a stored run: its tasks with their states, the controllers around them with their attempts, and the reverted tasks with the numbers of
 * the order in which they were reverted. What follows is below; what can run at the same time stands side by side.
 */
public class WorkflowDrawing private constructor(
    private val run: RunSnapshot,
    private val structure: WorkflowStructure,
) {
    private val tasks = run.tasks.associateBy { it.name }
    private val reverts = numberedReverts(run.tasks)
    private val box = FlowLayout.of(structure)

    private val description: String
        get() {
            val states =
                run.tasks
                    .filter { !it.isController }
                    .groupingBy { it.state }
                    .eachCount()
            return "${structure.name}: " + states.entries.joinToString { (state, number) -> "$number ${state.forPeople()}" } + "."
        }

    /** Returns the drawing as an SVG document, which needs no other file. */
    public fun toSvg(): String = html { draw("xmlns" to "http://www.w3.org/2000/svg") } + "\n"

    /** Writes the drawing into a page. */
    internal fun Html.inline() = draw()

    private fun Html.draw(vararg attributes: Pair<String, Any?>) =
        "svg"(
            *attributes,
            "viewBox" to "0 0 ${(box.width + 2).px()} ${(box.height + 2).px()}",
            "width" to (box.width + 2).px(),
            "height" to (box.height + 2).px(),
            "role" to "img",
            "class" to "workflow-drawing",
            "font-family" to "system-ui, sans-serif",
            "font-size" to "13",
        ) {
            "title" { +"Run ${run.summary.id}" }
            "desc" { +description }
            "defs" {
                "marker"(
                    "id" to "arrow",
                    "viewBox" to "0 0 8 8",
                    "refX" to "7",
                    "refY" to "4",
                    "markerWidth" to "8",
                    "markerHeight" to "8",
                    "orient" to "auto",
                ) {
                    "path"("class" to "head", "d" to "M0,0 L8,4 L0,8 z", "fill" to "#57606a")
                }
            }
            box(box, 1.0, 1.0)
        }

    private fun Html.box(
        box: Box,
        left: Double,
        top: Double,
    ) {
        when (box) {
            is TaskBox -> task(box, left, top)
            is FlowBox -> flow(box, left, top)
        }
    }

    private fun Html.flow(
        box: FlowBox,
        left: Double,
        top: Double,
    ) {
        "rect"("class" to "flow", *at(left, top), *size(box), "rx" to "8", "fill" to "none", "stroke" to "#8c959f")
        "text"("class" to "name", *at(left + FlowLayout.PADDING, top + 20), "font-weight" to "600") {
            +shortened(
                title(box.flow),
                box.width - 2 * FlowLayout.PADDING,
            )
        }
        box.flow.controller?.let { bracket(box, left, top) }
        box.arrows.forEach { (from, to, isConditional) -> arrow(box.children[from], box.children[to], isConditional, left, top) }
        box.children.forEach { box(it, left + it.x, top + it.y) }
    }

    private fun title(flow: WorkflowStructure): String {
        val controller = flow.controller ?: return flow.name
        val attempts = tasks[controller.name]?.let(::attemptsOf) ?: 0
        return "${flow.name} · ${controller.name}: " + if (attempts == 1) "1 attempt" else "$attempts attempts"
    }

    /** What the controller repeats is inside its bracket. */
    private fun Html.bracket(
        box: FlowBox,
        left: Double,
        top: Double,
    ) {
        val (x, y) = left + 5 to top + FlowLayout.HEADER
        val bottom = top + box.height - 6
        "path"(
            "class" to "bracket",
            "d" to "M${(x + 7).px()},${y.px()} H${x.px()} V${bottom.px()} H${(x + 7).px()}",
            "fill" to "none",
            "stroke" to "#8250df",
            "stroke-width" to "2.5",
        )
    }

    private fun Html.arrow(
        from: Box,
        to: Box,
        isConditional: Boolean,
        left: Double,
        top: Double,
    ) {
        val (x1, y1) = left + from.x + from.width / 2 to top + from.y + from.height
        val (x2, y2) = left + to.x + to.width / 2 to top + to.y - 1
        val bend = top + from.rowBottom
        val middle = ((bend + y2) / 2).px()
        val dashes = if (isConditional) "4 3" else null
        "path"(
            "class" to "arrow",
            "d" to "M${x1.px()},${y1.px()} V${bend.px()} C${x1.px()},$middle ${x2.px()},$middle ${x2.px()},${y2.px()}",
            "fill" to "none",
            "stroke" to "#57606a",
            "stroke-dasharray" to dashes,
            "marker-end" to "url(#arrow)",
        )
    }

    private fun Html.task(
        box: TaskBox,
        left: Double,
        top: Double,
    ) {
        val state = stateOf(box.task)
        "g"("class" to "task ${state.name.lowercase().replace('_', '-')}") {
            "rect"(*at(left, top), *size(box), "rx" to "6", "fill" to COLOURS.getValue(state), "stroke" to "#57606a")
            "text"("class" to "name", *at(left + 12, top + 23), "font-weight" to "600") { +shortened(box.task.name, box.width - 30) }
            "text"("class" to "state", *at(left + 12, top + 43)) { +(SHAPES.getValue(state) + " " + words(box.task, state)) }
            reverts[box.task.name]?.let { number(it, left + box.width - 16, top + 16) }
            "title" { +hint(box.task) }
        }
    }

    private fun Html.number(
        number: Int,
        x: Double,
        y: Double,
    ) {
        "circle"("class" to "number", "cx" to x.px(), "cy" to y.px(), "r" to "11", "fill" to "#8250df")
        "text"(
            "class" to "on-number",
            *at(x, y + 4),
            "text-anchor" to "middle",
            "fill" to "#ffffff",
            "font-weight" to "600",
        ) { text(number) }
    }

    private fun stateOf(task: TaskStructure) = tasks[task.name]?.state ?: TaskState.PENDING

    private fun words(
        task: TaskStructure,
        state: TaskState,
    ): String {
        val number = reverts[task.name]
        return state.forPeople() + if (number == null) "" else ", as number $number"
    }

    private fun hint(task: TaskStructure): String {
        val known = tasks[task.name] ?: return task.name
        val revert = known.revertFailure?.let { "revert: $it" }
        return listOfNotNull("${task.name}: ${known.state.forPeople()}", known.failure, revert).joinToString("\n")
    }

    public companion object {
        /** The drawing of [run]; null if it has not started, because its structure is not known then. */
        @JvmStatic
        public fun of(run: RunSnapshot): WorkflowDrawing? = run.structure?.let { WorkflowDrawing(run, it) }

        /** A revert forgets the attempts of a controller, but not how many times it was executed. */
        internal fun attemptsOf(controller: TaskSnapshot): Int = maxOf(controller.attempts, controller.executions)

        internal fun numberedReverts(tasks: List<TaskSnapshot>): Map<String, Int> =
            tasks
                .filter { it.state == TaskState.REVERTED && !it.isController }
                .sortedBy { it.endedAt }
                .withIndex()
                .associate { (i, task) -> task.name to i + 1 }

        private fun at(
            x: Double,
            y: Double,
        ) = arrayOf<Pair<String, Any?>>("x" to x.px(), "y" to y.px())

        private fun size(box: Box) = arrayOf<Pair<String, Any?>>("width" to box.width.px(), "height" to box.height.px())

        /** As much of a name as fits; its element has all of it as a title. */
        private fun shortened(
            name: String,
            width: Double,
        ): String {
            val most = (width / FlowLayout.CHARACTER).toInt()
            return if (name.length <= most) name else name.take(most - 1) + "…"
        }

        private val COLOURS =
            mapOf(
                TaskState.PENDING to "#ffffff",
                TaskState.RUNNING to "#ddf4ff",
                TaskState.SUCCESS to "#dafbe1",
                TaskState.FAILURE to "#ffebe9",
                TaskState.REVERTING to "#fff8c5",
                TaskState.REVERTED to "#fbefff",
                TaskState.REVERT_FAILURE to "#ffcecb",
                TaskState.RETRYING to "#ddf4ff",
                TaskState.IGNORE to "#eaeef2",
            )

        internal val SHAPES: Map<TaskState, String> =
            mapOf(
                TaskState.PENDING to "○",
                TaskState.RUNNING to "▶",
                TaskState.SUCCESS to "✓",
                TaskState.FAILURE to "✕",
                TaskState.REVERTING to "↺",
                TaskState.REVERTED to "↩",
                TaskState.REVERT_FAILURE to "⚠",
                TaskState.RETRYING to "⟳",
                TaskState.IGNORE to "–",
            )
    }
}
