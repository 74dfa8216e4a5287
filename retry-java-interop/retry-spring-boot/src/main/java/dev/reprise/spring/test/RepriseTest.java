package dev.reprise.spring.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.test.context.SpringBootContextLoader;
import org.springframework.core.annotation.AliasFor;
import org.springframework.test.context.ContextConfiguration;
import org.springframework.test.context.TestPropertySource;
import org.springframework.test.context.junit.jupiter.SpringExtension;

/**
 * Tests handlers without a database and without waiting: the queue is in memory, its time is a
 * {@code VirtualTime}, and three days of retries pass in milliseconds.
 *
 * <pre>{@code
 * @RepriseTest(handlers = ChargeHandlers.class)
 * class ChargeHandlersTest {
 *     @Autowired QueueRunner queue;
 *     @Autowired RepriseTester reprise;
 *     @MockitoBean Gateway gateway;
 *
 *     @Test
 *     void aChargeIsRetriedUntilTheGatewayIsBack() {
 *         reprise.failNext("charge", new IOException("down"));
 *         queue.enqueue(CHARGE, order);
 *         reprise.advanceBy(Duration.ofHours(1));
 *         assertThat(reprise.calls("charge").get(0).getAttempts()).isEqualTo(2);
 *     }
 * }
 * }</pre>
 *
 * <p>The application context has the named classes, the policies and properties of the application,
 * Jackson, the queue and a {@link RepriseTester}; nothing else. Handlers run on the thread that
 * moves the clock. It needs {@code spring-boot-starter-test} and {@code kotlinx-coroutines-test}.
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@ExtendWith(SpringExtension.class)
@ContextConfiguration(loader = SpringBootContextLoader.class)
@TestPropertySource(
        properties = {"reprise.queue.enabled=true", "spring.main.web-application-type=none"})
@ImportAutoConfiguration
public @interface RepriseTest {
    /** {@return the beans with handlers, and what else they need, such as configurations} */
    @AliasFor(annotation = ContextConfiguration.class, attribute = "classes")
    Class<?>[] handlers();
}
