package dev.reprise.samples.trip

import dev.reprise.workflow.linear
import dev.reprise.workflow.model.Workflow
import dev.reprise.workflow.model.forEach
import dev.reprise.workflow.model.key

val traveller = key<String>("traveller")
val car = key<String>("car")

/** A flight, a hotel and one of two cars: everything or nothing. */
fun tripAt(desk: BookingDesk): Workflow =
    linear("trip") {
        task("flight", traveller) { who -> desk.book("flight", who) } revert { booking -> desk.cancel(booking) }
        task("hotel", traveller) { who -> desk.book("hotel", who) } revert { booking -> desk.cancel(booking) }
        linear("wheels", retry = forEach(listOf("sedan", "van"), provides = car)) {
            task("rental", car, traveller) { car, who -> desk.book(car, who) } revert { booking -> desk.cancel(booking) }
        }
    }
