package dev.reprise.console.internal.kit

import dev.reprise.console.internal.html.Html

/** What a route returns. */
internal sealed interface Reply

/** A page: [content] below the heading [title]. */
internal class HtmlPage(
    val title: String,
    /** The entry of the navigation to which it belongs. */
    val section: String? = null,
    /** True if its fragments are renewed while it is open. */
    val isLive: Boolean = false,
    val status: Int = 200,
    val content: Html.() -> Unit,
) : Reply

/** Leads the browser to another page of the console after a POST: [path] is below the mount. */
internal class Redirect(
    val path: String,
) : Reply

/** A document of the API. */
internal class Document(
    val json: Any?,
    val status: Int = 200,
) : Reply

/** A part of a page that is renewed while the page is open. It holds no form, so that all visitors share it. */
internal class Fragment(
    val id: String,
    val content: Html.() -> Unit,
)

/** The fragment as a part of its page. */
internal fun Html.fragment(fragment: Fragment) = "div"("id" to fragment.id) { fragment.content(this) }
