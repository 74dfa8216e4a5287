package dev.reprise.internal.policy

/**
 * Parses the notation. The whole text is read before its meaning is checked, so that a mistake in the text is reported first:
 *
 * ```
 * policy   = part { ("and" | "or" | "then") part }     the same word throughout; others need brackets
 * part     = "(" policy ")" | call { call }
 * call     = name [ "(" [ argument { "," argument } ] ")" ]
 * argument = [ name "=" ] call { call }
 * ```
 */
internal class PolicyParser(
    text: String,
    loader: ClassLoader?,
) {
    private val source = NotationSource(text, loader)
    private val scanner = PolicyScanner(source)

    fun parse(): PolicyLogic {
        val build = policy()
        scanner.requireEnd("and, or, then")
        return build()
    }

    /** Adds the calls of the text, which joins no policies, to [spec]. */
    fun parseInto(spec: PolicySpec) {
        val calls = scanner.calls()
        scanner.requireEnd("a call")
        spec.read(calls)
    }

    private fun policy(): () -> PolicyLogic {
        var policy = part()
        var usual: String? = null
        while (true) {
            val start = scanner.next()
            val word = scanner.takeOneOf(JOINS.keys) ?: return policy
            if (usual != null &&
                word != usual
            ) {
                source.fail(start, "'$word' after '$usual' is ambiguous: put brackets around one")
            }
            usual = word
            val (left, right) = policy to part()
            policy = { JOINS.getValue(word)(left(), right()) }
        }
    }

    private fun part(): () -> PolicyLogic {
        if (scanner.take('(')) return scanner.nested { policy() }
        val calls = scanner.calls(ends = JOINS.keys)
        if (calls.isEmpty()) scanner.failUnexpected("expected a call: ${policyCalls()}")
        return {
            val spec = PolicySpec()
            spec.read(calls)
            calls.first().checked { spec.build() }
        }
    }

    private companion object {
        val JOINS: Map<String, (PolicyLogic, PolicyLogic) -> PolicyLogic> =
            mapOf(
                "and" to { left, right -> JoinedPolicy(Join.And, left, right) },
                "or" to { left, right -> JoinedPolicy(Join.Or, left, right) },
                "then" to ::ThenPolicy,
            )
    }
}
