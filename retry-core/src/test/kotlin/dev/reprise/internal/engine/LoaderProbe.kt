package dev.reprise.internal.engine

import dev.reprise.internal.util.DaemonThreads
import dev.reprise.run.RetryTimer
import dev.reprise.run.SystemTimer
import java.lang.ref.WeakReference
import java.net.URLClassLoader
import java.util.concurrent.CountDownLatch

/** Whether the class loader of the code that needed the first thread of a timer can be collected. An agent that counts coverage would keep it. */
@Suppress("ExplicitGarbageCollectionCall")
internal fun fateOfLoader(): String {
    val timer = SystemTimer(::DaemonThreads)
    val loader = WeakReference(startTimerFromAnotherLoader(timer))
    var collections = 0
    while (loader.get() != null && collections++ < 50) System.gc()
    timer.schedule(0) {}.close()
    return if (loader.get() == null) "collected" else "kept"
}

/** Code that an application's own class loader has loaded. */
internal class ApplicationCode : Runnable {
    override fun run() {
        val done = CountDownLatch(1)
        timer.schedule(0) { done.countDown() }
        done.await()
    }

    companion object {
        lateinit var timer: RetryTimer
    }
}

/** Loads [ApplicationCode] in a separate loader, lets it start the threads of [timer], and returns its loader. */
private fun startTimerFromAnotherLoader(timer: RetryTimer): ClassLoader {
    val home = ApplicationCode::class.java
    val loader =
        object : URLClassLoader(arrayOf(home.protectionDomain.codeSource.location), home.classLoader) {
            override fun loadClass(
                name: String,
                resolve: Boolean,
            ): Class<*> = if (name.startsWith(home.name)) findLoadedClass(name) ?: findClass(name) else super.loadClass(name, resolve)
        }
    val code = loader.loadClass(home.name)
    code.getDeclaredField("timer").apply { isAccessible = true }.set(null, timer)
    val caller = Thread(code.getDeclaredConstructor().apply { isAccessible = true }.newInstance() as Runnable)
    caller.contextClassLoader = loader
    caller.start()
    caller.join()
    return loader
}
