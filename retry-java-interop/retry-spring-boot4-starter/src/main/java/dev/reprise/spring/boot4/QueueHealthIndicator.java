package dev.reprise.spring.boot4;

import dev.reprise.spring.QueueStatus;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** The health of the queue. */
record QueueHealthIndicator(QueueStatus queue) implements HealthIndicator {
    @Override
    public Health health() {
        Health.Builder health =
                switch (queue.getState()) {
                    case UP -> Health.up();
                    case OUT_OF_SERVICE -> Health.outOfService();
                    case DOWN -> Health.down();
                };
        return health.withDetails(queue.getDetails()).build();
    }
}
