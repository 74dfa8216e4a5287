package dev.reprise.workflow

import dev.reprise.internal.workflow.plan.NameTable
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.arbitrary.element
import io.kotest.property.arbitrary.list
import io.kotest.property.arbitrary.map
import io.kotest.property.checkAll

class NameTableTest :
    FunSpec({
        test("a name is numbered once, in the order of insertion") {
            val table = NameTable(4)
            listOf("a", "b", "a", "c").map(table::add) shouldBe listOf(0, 1, 0, 2)
            table.size shouldBe 3
            listOf("a", "b", "c", "d").map(table::find) shouldBe listOf(0, 1, 2, -1)
        }

        test("an empty table finds nothing") {
            NameTable(0).find("a") shouldBe -1
        }

        test("names with the same hash are distinguished") {
            // Any words of the two pairs, in any order, have the same hash: "Aa" and "BB" do.
            val words = Arb.list(Arb.element("Aa", "BB"), 1..6).map { it.joinToString("") }
            checkAll(Arb.list(words, 0..60)) { names ->
                val table = NameTable(names.size)
                names.map(table::add) shouldBe names.map { names.distinct().indexOf(it) }
                names.map(table::find) shouldBe names.map { names.distinct().indexOf(it) }
                table.find("CC") shouldBe -1
            }
        }
    })
