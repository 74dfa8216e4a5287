package dev.reprise.samples.shop;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;

/** What the shop stores. */
@Entity
class PurchaseOrder {
    @Id private String id;
    private String price;

    PurchaseOrder() {}

    PurchaseOrder(String id, String price) {
        this.id = id;
        this.price = price;
    }
}
