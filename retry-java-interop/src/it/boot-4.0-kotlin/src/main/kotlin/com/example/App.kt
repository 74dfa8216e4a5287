package com.example

import kotlinx.coroutines.runBlocking
import org.springframework.boot.CommandLineRunner
import org.springframework.boot.autoconfigure.SpringBootApplication
import org.springframework.boot.runApplication
import org.springframework.context.annotation.Bean

/** An application whose parent decides the versions of Kotlin's libraries and of the compiler. */
@SpringBootApplication
open class App {
    @Bean
    open fun stories() =
        CommandLineRunner {
            println("happened: " + runBlocking { Stories.tell() })
            println("on: " + Stories.versions())
        }
}

fun main() {
    runApplication<App>().close()
}
