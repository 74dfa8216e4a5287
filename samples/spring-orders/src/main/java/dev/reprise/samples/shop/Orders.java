package dev.reprise.samples.shop;

import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.queue.model.CallHandle;
import dev.reprise.queue.model.Target;
import jakarta.persistence.EntityManager;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

// docs:begin spring-transaction
/** Stores an order and its charge together, or neither. */
@Service
class Orders {
    private final EntityManager entities;
    private final QueueRunner queue;
    private final Target<Charge, String> charge;

    Orders(EntityManager entities, QueueRunner queue, Target<Charge, String> charge) {
        this.entities = entities;
        this.queue = queue;
        this.charge = charge;
    }

    @Transactional
    public CallHandle<String> place(String id, String price) {
        entities.persist(new PurchaseOrder(id, price));
        CallHandle<String> call = queue.enqueue(charge, new Charge(id, price));
        if (price.startsWith("0 ")) {
            throw new IllegalArgumentException("nothing to charge");
        }
        return call;
    }
}
// docs:end
