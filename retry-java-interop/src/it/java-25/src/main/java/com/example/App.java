package com.example;

/** A program for the newest Java with long support. */
public final class App {
    private App() {}

    public static void main(String[] args) throws Exception {
        System.out.println("happened: " + Stories.tell());
        System.out.println("on: " + Stories.versions());
    }
}
