package dev.reprise.benchmarks.queue

import java.lang.invoke.MethodHandles
import java.nio.ByteOrder
import java.nio.channels.FileChannel
import java.nio.file.Path
import java.nio.file.StandardOpenOption

/** A number in a mapped file, which processes raise and read together. */
class SharedCounter(
    file: Path,
) {
    private val memory =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE).use {
            it.map(FileChannel.MapMode.READ_WRITE, 0, Long.SIZE_BYTES.toLong())
        }

    var value: Long
        get() = LONG.getVolatile(memory, 0) as Long
        set(value) = LONG.setVolatile(memory, 0, value)

    fun increment() {
        @Suppress("UNUSED_VARIABLE")
        val before = LONG.getAndAdd(memory, 0, 1L) as Long
    }

    private companion object {
        val LONG = MethodHandles.byteBufferViewVarHandle(LongArray::class.java, ByteOrder.nativeOrder())
    }
}
