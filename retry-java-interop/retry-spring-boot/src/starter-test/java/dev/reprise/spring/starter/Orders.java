package dev.reprise.spring.starter;

import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.queue.model.CallHandle;
import dev.reprise.queue.model.Target;

import jakarta.persistence.EntityManager;
import jakarta.persistence.PersistenceContext;

import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** Stores an order and enqueues its charge, in one transaction of JPA. */
@Component
class Orders {
    static final Target<String, String> CHARGE = Target.text("charge");

    private final QueueRunner queue;
    @PersistenceContext private EntityManager entities;

    Orders(QueueRunner queue) {
        this.queue = queue;
    }

    @Transactional
    public CallHandle<String> place(String id) {
        entities.persist(new OrderRow(id));
        return queue.enqueue(CHARGE, id);
    }

    @Transactional
    public void placeAndFail(String id, BlockingQueue<String> cids) {
        cids.add(place(id).getCid());
        throw new IllegalStateException("no money");
    }

    @Transactional(propagation = Propagation.REQUIRES_NEW)
    public CallHandle<String> placeInNew(String id) {
        return place(id);
    }

    @Transactional(readOnly = true)
    public void placeReadOnly(String id) {
        queue.enqueue(CHARGE, id);
    }

    /** Calls of the handler; a transaction that is rolled back leaves none. */
    static final BlockingQueue<String> CHARGED = new LinkedBlockingQueue<>();
}
