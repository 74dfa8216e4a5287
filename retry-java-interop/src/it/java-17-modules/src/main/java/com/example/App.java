package com.example;

/** A program on the module path. */
public final class App {
    private App() {}

    public static void main(String[] args) throws Exception {
        System.out.println("happened: " + Stories.tell());
        System.out.println("on: " + Stories.versions());
    }
}
