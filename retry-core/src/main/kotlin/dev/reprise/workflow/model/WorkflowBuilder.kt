package dev.reprise.workflow.model

/**
 * Collects the children of a workflow, in the order in which they are declared.
 *
 * The name of a task is unique in its workflow. A task can require up to three inputs as parameters of its body (or any number that
 * it reads from its scope), and can provide its result under a key.
 */
@WorkflowDsl
public open class WorkflowBuilder internal constructor(
    internal val name: String,
) {
    internal val children = ArrayList<GraphNode>()

    /** Adds a task that requires nothing, or only what its handle sets. */
    public fun <R> task(
        name: String,
        provides: Key<in R>? = null,
        body: suspend TaskScope.() -> R,
    ): TaskHandle<R> = task(name, emptyList(), provides, body)

    /** Adds a task that requires one value. */
    public fun <A, R> task(
        name: String,
        requires: Input<A>,
        provides: Key<in R>? = null,
        body: suspend TaskScope.(A) -> R,
    ): TaskHandle<R> = task(name, listOf(requires), provides) { body(get(requires)) }

    /** Adds a task that requires two values. */
    public fun <A, B, R> task(
        name: String,
        requires: Input<A>,
        second: Input<B>,
        provides: Key<in R>? = null,
        body: suspend TaskScope.(A, B) -> R,
    ): TaskHandle<R> = task(name, listOf(requires, second), provides) { body(get(requires), get(second)) }

    /** Adds a task that requires three values. */
    public fun <A, B, C, R> task(
        name: String,
        requires: Input<A>,
        second: Input<B>,
        third: Input<C>,
        provides: Key<in R>? = null,
        body: suspend TaskScope.(A, B, C) -> R,
    ): TaskHandle<R> = task(name, listOf(requires, second, third), provides) { body(get(requires), get(second), get(third)) }

    /** Adds a task that requires any number of values and reads them from its scope. */
    public fun <R> task(
        name: String,
        requires: List<Input<*>>,
        provides: Key<in R>? = null,
        body: suspend TaskScope.() -> R,
    ): TaskHandle<R> = TaskHandle(name, requires, provides, body).also { children += it }

    /** Adds a task that is a class. */
    public fun <R> add(task: Task<R>): TaskHandle<R> = task.handle().also { children += it }

    /** Adds an existing workflow. */
    public fun add(workflow: Workflow): Workflow = workflow.also { children += it }

    /** Adds a task that applies [transform] to each input, and provides each result under the key at the same position. */
    public fun <T, R> mapTask(
        name: String,
        requires: List<Input<T>>,
        provides: List<Key<in R>>,
        transform: suspend (T) -> R,
    ): TaskHandle<List<R>> {
        require(requires.size == provides.size) { "$name maps ${requires.size} inputs to ${provides.size} keys" }
        val task = task(name, requires) { requires.map { transform(get(it)) } }
        return provides.foldIndexed(task) { index, handle, key -> handle.provides(key) { it[index] } }
    }

    /**
     * Adds a task that folds its inputs from the left, in their order.
     *
     * @throws IllegalArgumentException if there are none.
     */
    public fun <T> reduceTask(
        name: String,
        requires: List<Input<T>>,
        provides: Key<in T>? = null,
        operation: suspend (T, T) -> T,
    ): TaskHandle<T> {
        require(requires.isNotEmpty()) { "$name has nothing to reduce" }
        return task(name, requires, provides) { requires.drop(1).fold(get(requires.first())) { sum, next -> operation(sum, get(next)) } }
    }

    /** Adds a nested workflow whose children run one after the other. */
    public fun linear(
        name: String,
        retry: RetryController<*>? = null,
        block: WorkflowBuilder.() -> Unit,
    ): Workflow = add(WorkflowBuilder(name).apply(block).build(FlowKind.LINEAR, retry))

    /** Adds a nested workflow whose children run in any order. */
    public fun unordered(
        name: String,
        retry: RetryController<*>? = null,
        block: WorkflowBuilder.() -> Unit,
    ): Workflow = add(WorkflowBuilder(name).apply(block).build(FlowKind.UNORDERED, retry))

    /** Adds a nested workflow whose children are ordered by their links and their values. */
    public fun graph(
        name: String,
        retry: RetryController<*>? = null,
        block: GraphBuilder.() -> Unit,
    ): Workflow = add(GraphBuilder(name).apply(block).build(FlowKind.GRAPH, retry))

    internal open fun build(
        kind: FlowKind,
        retry: RetryController<*>?,
    ): Workflow = Workflow(name, kind, controllerOf(retry), children.map(::nodeOf), emptyList())

    internal fun controllerOf(retry: RetryController<*>?) = retry?.let { ControllerAtom(it.name ?: "${name}_retry", it) }

    internal fun nodeOf(child: GraphNode): WorkflowNode =
        when (child) {
            is TaskHandle<*> -> child.build()
            is Workflow -> child
            else -> error("$child is neither a task nor a workflow")
        }
}
