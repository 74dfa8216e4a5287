package dev.reprise.console.model

import java.net.URLDecoder
import java.util.function.Predicate

/**
 * A request to a console, made from that of a web server.
 *
 * ```
 * ConsoleRequest.builder("GET", "/calls").query("state=dead").header("Cookie", cookies).user("ada").build()
 * ```
 */
public class ConsoleRequest private constructor(
    builder: Builder,
) {
    /** The method in upper case. */
    public val method: String = builder.method.uppercase()

    /** The path below the mount of the console, decoded: `/`, `/calls/0X…`. Empty if the request was for the mount itself, without a slash. */
    public val path: String = builder.path

    /** The values of each parameter of the query, decoded. */
    public val query: Map<String, List<String>> = decode(builder.query.orEmpty())

    private val headers: Map<String, List<String>> = builder.headers.mapValues { it.value.toList() }

    /** The body: at most [LARGEST_BODY] bytes are accepted. */
    public val body: ByteArray = builder.body

    /** The name of the visitor, as the host has authenticated it; null if it has not. */
    public val user: String? = builder.user

    /** The address from which the request comes, as the host knows it: that of a proxy if there is one; null if it is unknown. */
    public val remoteAddress: String? = builder.remoteAddress

    private val roles = builder.roles

    /** The path of the mount as the browser sees it, without a slash at its end: empty, `/ops`. */
    public val mount: String = builder.mount.removeSuffix("/")

    /** The host's own protection against forged requests; null: that of the console. */
    internal val csrf: HostCsrf? = builder.csrf

    /** True if the host has authenticated the visitor, who has this [role] there. */
    public fun isInRole(role: String): Boolean = roles.test(role)

    /** The first value of the header [name], in any case; null if there is none. */
    public fun header(name: String): String? = headers[name.lowercase()]?.firstOrNull()

    /** The cookies by name. */
    public val cookies: Map<String, String> by lazy {
        headers["cookie"]
            .orEmpty()
            .flatMap { it.split(';') }
            .filter { '=' in it }
            .associate { it.substringBefore('=').trim() to it.substringAfter('=').trim().removeSurrounding("\"") }
    }

    /** The values of each field of a form in the body, without the token of the host. */
    internal val form: Map<String, List<String>> by lazy {
        val isForm = header("Content-Type")?.substringBefore(';')?.trim() == "application/x-www-form-urlencoded"
        if (isForm) decode(body.decodeToString()) - setOfNotNull(csrf?.field) else emptyMap()
    }

    /** Collects the values of a [ConsoleRequest]. */
    public class Builder internal constructor(
        internal val method: String,
        internal val path: String,
    ) {
        internal var query: String? = null
        internal val headers = LinkedHashMap<String, MutableList<String>>()
        internal var body = ByteArray(0)
        internal var user: String? = null
        internal var remoteAddress: String? = null
        internal var roles = Predicate<String> { false }
        internal var mount = ""
        internal var csrf: HostCsrf? = null

        /** The query as it was received, without `?`; null for none. */
        public fun query(query: String?): Builder = apply { this.query = query }

        /** Adds a header. */
        public fun header(
            name: String,
            value: String,
        ): Builder = apply { headers.getOrPut(name.lowercase()) { ArrayList() } += value }

        /** The body. */
        public fun body(body: ByteArray): Builder = apply { this.body = body }

        /** The name of the visitor, as the host has authenticated it. */
        public fun user(user: String?): Builder = apply { this.user = user }

        /** The address from which the request comes. Default: unknown. */
        public fun remoteAddress(address: String?): Builder = apply { remoteAddress = address }

        /** Which roles the visitor has, as the host knows them. Default: none. */
        public fun roles(isInRole: Predicate<String>): Builder = apply { roles = isInRole }

        /** The path under which the console is mounted, as the browser sees it: `/ops`. Default: the root. */
        public fun mount(mount: String): Builder = apply { this.mount = mount }

        /**
         * The host protects its forms itself: the forms of the console contain [token] in the field [field], and the host has checked it before the
         * console receives a POST.
         */
        public fun csrf(
            field: String,
            token: String,
        ): Builder = apply { csrf = HostCsrf(field, token) }

        /** Returns the request. */
        public fun build(): ConsoleRequest = ConsoleRequest(this)
    }

    override fun toString(): String = "$method $path"

    public companion object {
        /** The most bytes of a body: 1 MiB. */
        public const val LARGEST_BODY: Int = 1 shl 20

        /** A request with [method] for [path], which is below the mount and not decoded. */
        @JvmStatic
        public fun builder(
            method: String,
            path: String,
        ): Builder = Builder(method, path)

        /** A part of a path. */
        internal fun decodedSegment(text: String): String = decoded(text.replace("+", "%2B"))

        private fun decode(text: String): Map<String, List<String>> =
            text
                .split('&')
                .filter { it.isNotEmpty() }
                .groupBy({ decoded(it.substringBefore('=')) }, { decoded(it.substringAfter('=', "")) })

        /** Text that is not encoded correctly stays as it is: it fits nothing. */
        private fun decoded(text: String) =
            try {
                URLDecoder.decode(text, Charsets.UTF_8)
            } catch (_: IllegalArgumentException) {
                text
            }
    }
}

/** The token of the host of a console. */
internal class HostCsrf(
    val field: String,
    val token: String,
)
