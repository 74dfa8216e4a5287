package com.example

/** A program that declares the standard library of its compiler, and nothing else of Kotlin. */
suspend fun main() {
    println("happened: " + Stories.tell())
    println("on: " + Stories.versions())
}
