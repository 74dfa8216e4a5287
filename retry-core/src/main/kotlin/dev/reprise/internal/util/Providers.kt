package dev.reprise.internal.util

import java.util.ServiceLoader

/** The providers of a service that [found] loads. One that cannot be loaded is logged and left out. [what] names one in the log. */
internal fun <T : Any> providers(
    found: ServiceLoader<T>,
    what: String,
): List<T> {
    val loaded = ArrayList<T>()
    runLogged({ "loading each $what" }) {
        found.stream().forEach { provider -> runLogged({ "loading a $what" }) { loaded += provider.get() } }
    }
    return loaded
}
