package dev.reprise.samples.shop;

/** A request of a durable call. */
record Charge(String order, String price) {}
