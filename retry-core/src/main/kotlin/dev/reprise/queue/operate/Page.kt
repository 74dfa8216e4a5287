package dev.reprise.queue.operate

/** Where a list goes on: an opaque text, which is good in every process and as long as the list is, whatever happens to its entries. */
public class Cursor private constructor(
    private val text: String,
) {
    override fun equals(other: Any?): Boolean = other is Cursor && text == other.text

    override fun hashCode(): Int = text.hashCode()

    /** The text; [of] reads it. */
    override fun toString(): String = text

    public companion object {
        /** The cursor that was written as [text]. The list that it is passed to checks it. */
        @JvmStatic
        public fun of(text: String): Cursor = Cursor(text)
    }
}

/** A part of a list. */
public class Page<out T> internal constructor(
    /** The entries. */
    public val items: List<T>,
    /** Where the list goes on; null if this was the last page. */
    public val next: Cursor?,
    /** False if the page has fewer entries than were asked for because the bound of what is examined for a page was reached. */
    public val isComplete: Boolean,
) {
    override fun toString(): String = items.toString() + if (next == null) "" else " …"

    public companion object {
        /** A page, for implementations of a store. */
        @JvmStatic
        public fun <T> of(
            items: List<T>,
            next: Cursor?,
            isComplete: Boolean,
        ): Page<T> = Page(items, next, isComplete)
    }
}
