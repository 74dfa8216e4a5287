package dev.reprise.compatibility

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.test.TestScope
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

/** The stories prove nothing if they run on other versions than the build thinks. */
class ClassPathTest {
    @Test
    fun `the standard library is the one that this run is about`() {
        assertEquals(System.getProperty("expected.stdlib"), KotlinVersion.CURRENT.toString())
    }

    @Test
    fun `so are the coroutines and their tests`() {
        val expected = System.getProperty("expected.coroutines")
        val core = CoroutineScope::class.java.classLoader.getResource("META-INF/kotlinx_coroutines_core.version")
        val test = TestScope::class.java.classLoader.getResource("META-INF/kotlinx_coroutines_test.version")
        assertEquals(listOf(expected, expected), listOf(core, test).map { it?.readText() })
    }
}
