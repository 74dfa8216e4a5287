package dev.reprise.workflow.model

import dev.reprise.internal.util.describe

/** What is wrong with a workflow. */
public enum class WorkflowProblem {
    /** Two tasks have the same name. */
    DUPLICATE_NAME,

    /** Tasks wait for each other. */
    CYCLE,

    /** Several children of a graph provide a value that another one requires. */
    AMBIGUOUS_PROVIDER,

    /** No task provides a value that another one requires. */
    MISSING_INPUT,

    /** A value has a type other than the one that is required under its name. */
    WRONG_TYPE,

    /** There is nothing to try: a `forEach` without values. */
    NOTHING_TO_TRY,

    /** A link names something that is not a child of its graph, or links a child to itself. */
    BAD_LINK,

    /** The stored run belongs to a workflow that has changed since, or to another workflow. */
    CHANGED,

    /** The stored run has started with other inputs. */
    OTHER_INPUTS,
}

/** A workflow that cannot run, rejected before anything ran. The message names the tasks. */
public class InvalidWorkflowException internal constructor(
    /** What is wrong. */
    public val problem: WorkflowProblem,
    message: String,
) : IllegalArgumentException(message)

/** A required value is missing although another task should have provided it. */
public class MissingValueException internal constructor(
    /** The task that requires it. */
    public val task: String,
    /** The name of the value. */
    public val value: String,
    message: String,
) : IllegalStateException(message)

/** Another engine owns the run. */
public class RunTakenException(
    /** The run. */
    public val run: String,
) : IllegalStateException("the run \"$run\" belongs to another engine")

/** A result cannot be stored. The task counts as failed, and is reverted with this as its failure. */
public class UnstorableResultException(
    /** The task whose result it is. */
    public val task: String,
    cause: Throwable?,
) : IllegalStateException("the store cannot keep the result of $task" + cause?.let { ": ${it.describe()}" }.orEmpty(), cause)

/** A stored result cannot be read. Nothing is lost: the stored form is unchanged, and nothing has run. */
public class UnreadableResultException(
    /** The task whose result it is. */
    public val task: String,
    cause: Throwable?,
) : IllegalStateException("the stored result of $task cannot be read back" + cause?.let { ": ${it.describe()}" }.orEmpty(), cause)

/** An input cannot be stored. The run has not started. */
public class UnstorableInputException(
    /** The name of the input. */
    public val input: String,
    cause: Throwable?,
) : IllegalArgumentException("the store cannot keep the input \"$input\"" + cause?.let { ": ${it.describe()}" }.orEmpty(), cause)

/** A stored input cannot be read. Nothing is lost: the stored form is unchanged, and nothing has run. */
public class UnreadableInputException(
    /** The name of the input. */
    public val input: String,
    cause: Throwable?,
) : IllegalStateException("the stored input \"$input\" cannot be read back" + cause?.let { ": ${it.describe()}" }.orEmpty(), cause)

/** A call to the store of a run failed. The run keeps its last written state, and can be resumed. */
public class WorkflowStoreException(
    message: String,
    cause: Throwable?,
) : IllegalStateException(message, cause)
