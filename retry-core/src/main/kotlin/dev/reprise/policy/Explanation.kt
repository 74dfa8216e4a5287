package dev.reprise.policy

/** A policy in words: [text] describes what it does, [lints] what looks like a mistake. */
public class Explanation internal constructor(
    public val text: String,
    public val lints: List<Lint>,
) {
    override fun toString(): String = (listOf(text) + lints.map { "! ${it.message}" }).joinToString("\n")
}
