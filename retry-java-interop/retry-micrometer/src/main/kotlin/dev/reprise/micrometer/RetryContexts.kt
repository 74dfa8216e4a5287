package dev.reprise.micrometer

import io.micrometer.common.KeyValues
import io.micrometer.observation.Observation
import io.micrometer.observation.ObservationConvention

/** A run of a retry. */
public class RunObservationContext internal constructor(
    /** The name of the retry, `none`, or `other`. */
    public val policy: String,
) : Observation.Context()

/** An attempt of a run, after the first. */
public class AttemptObservationContext internal constructor(
    /** The name of the retry, `none`, or `other`. */
    public val policy: String,
    /** The 1-based number of the attempt. */
    public val attempt: Int,
) : Observation.Context()

internal object RunConvention : ObservationConvention<RunObservationContext> {
    override fun getName() = "reprise.run"

    override fun getLowCardinalityKeyValues(context: RunObservationContext): KeyValues = KeyValues.of("policy", context.policy)

    override fun supportsContext(context: Observation.Context) = context is RunObservationContext
}

internal object AttemptConvention : ObservationConvention<AttemptObservationContext> {
    override fun getName() = "reprise.attempt"

    override fun getLowCardinalityKeyValues(context: AttemptObservationContext): KeyValues = KeyValues.of("policy", context.policy)

    override fun getHighCardinalityKeyValues(context: AttemptObservationContext): KeyValues =
        KeyValues.of("attempt", context.attempt.toString())

    override fun supportsContext(context: Observation.Context) = context is AttemptObservationContext
}
