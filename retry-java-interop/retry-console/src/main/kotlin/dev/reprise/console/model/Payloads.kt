package dev.reprise.console.model

/** Whether a console shows the requests and responses of calls. */
public enum class Payloads {
    /** Never. */
    HIDDEN,

    /** To operators who give a reason; each view is recorded in the audit. */
    ON_REQUEST,

    /** On the page of each call. */
    SHOWN,
}
