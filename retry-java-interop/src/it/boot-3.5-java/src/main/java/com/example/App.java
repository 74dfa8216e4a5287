package com.example;

import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/** An application whose parent decides the versions of Kotlin's libraries. */
@SpringBootApplication
public class App {
    public static void main(String[] args) throws Exception {
        if (args.length == 0) {
            Shop.killAnother(App.class);
        }
        SpringApplication.run(App.class, args).close();
    }

    @Bean
    CommandLineRunner stories(Shop shop) {
        return args -> {
            String told = shop.tell(); // in the process that is killed, this is the end
            System.out.println("happened: " + Stories.tell());
            System.out.println("on: " + Stories.versions());
            System.out.println("shop: " + told);
        };
    }
}
