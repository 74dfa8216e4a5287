package dev.reprise.samples.shop;

import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@ExtendWith(OutputCaptureExtension.class)
class ShopTest {
    @Test
    void theStory(CapturedOutput output) throws Exception {
        try (EmbeddedPostgres database = EmbeddedPostgres.start()) {
            String url = database.getJdbcUrl("postgres", "postgres");
            Main.main(new String[] {"--spring.datasource.url=" + url});
        }
        assertThat(output.getOut().lines())
                .filteredOn(line -> line.matches("(price|charge|rolled back|orders): .*"))
                .containsExactly(
                        "price: 100 EUR",
                        "charge: 100 EUR charged for order 1",
                        "rolled back: nothing to charge",
                        "orders: 1, calls: 1");
    }
}
