package dev.reprise.policy

internal fun RulePolicy.printed(): String = "x"

internal fun codeOf(policy: RulePolicy): List<String> = emptyList()
