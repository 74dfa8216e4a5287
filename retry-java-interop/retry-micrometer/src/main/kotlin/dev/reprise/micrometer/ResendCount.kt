package dev.reprise.micrometer

import dev.reprise.http.ResendListener
import dev.reprise.policy.RepriseSpi
import io.micrometer.observation.ObservationRegistry

/** Sets `http.request.resend_count` of the current observation, and so of its span. Found by `ServiceLoader`. */
@OptIn(RepriseSpi::class)
internal class ResendCount : ResendListener {
    /** The current observation belongs to the thread, whatever registry has created it. */
    private val anyRegistry = ObservationRegistry.create()

    override fun onResend(count: Int) {
        anyRegistry.currentObservation?.highCardinalityKeyValue("http.request.resend_count", count.toString())
    }
}
