package dev.reprise.console.internal.kit

import dev.reprise.console.internal.html.Html

/** A form that changes something: it holds the token of the visitor. */
internal fun Html.postForm(
    visit: Visit,
    path: String,
    content: Html.() -> Unit,
) = "form"("method" to "post", "action" to visit.link(path)) {
    hidden(visit.csrf.field, visit.csrf.value)
    content()
}

internal fun Html.hidden(
    name: String,
    value: Any?,
) {
    if (value != null) "input"("type" to "hidden", "name" to name, "value" to value)
}

/** A labelled field for text. */
internal fun Html.field(
    label: String,
    name: String,
    value: String?,
    type: String = "text",
    size: Int? = null,
    hint: String? = null,
    isRequired: Boolean = false,
) = "label" {
    "span" { +label }
    "input"(
        "type" to type,
        "name" to name,
        "value" to value,
        "size" to size,
        "placeholder" to hint,
        "required" to isRequired,
        "autocomplete" to "off",
    )
}

/** A labelled choice between [options], each a value with its words. */
internal fun Html.choice(
    label: String,
    name: String,
    selected: String?,
    options: List<Pair<String, String>>,
) = "label" {
    "span" { +label }
    "select"("name" to name) {
        options.forEach { (value, words) -> "option"("value" to value, "selected" to (value == selected.orEmpty())) { +words } }
    }
}

internal fun Html.button(
    words: String,
    kind: String? = null,
    name: String? = null,
    value: String? = null,
) = "button"("type" to "submit", "class" to kind, "name" to name, "value" to value) { +words }
