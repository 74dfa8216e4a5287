package dev.reprise.spring.starter;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

/** An entity of the application. */
@Entity
@Table(name = "orders")
class OrderRow {
    @Id private String id;

    OrderRow() {}

    OrderRow(String id) {
        this.id = id;
    }

    String getId() {
        return id;
    }
}
