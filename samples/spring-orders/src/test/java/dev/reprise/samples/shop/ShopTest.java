package dev.reprise.samples.shop;

import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@ExtendWith(OutputCaptureExtension.class)
class ShopTest {
    @Test
    void theStoryAndItsConsole(CapturedOutput output) throws Exception {
        try (EmbeddedPostgres database = EmbeddedPostgres.start()) {
            String url = database.getJdbcUrl("postgres", "postgres");
            String[] arguments = {"--spring.datasource.url=" + url, "--server.port=0"};
            try (var shop = SpringApplication.run(Main.class, arguments)) {
                String port = shop.getEnvironment().getProperty("local.server.port");
                assertThat(console(port, "ada:wrong").statusCode()).isEqualTo(401);
                assertThat(console(port, "ada:secret").body()).contains("charge");
            }
        }
        assertThat(output.getOut().lines())
                .filteredOn(line -> line.matches("(price|charge|rolled back|orders): .*"))
                .containsExactly(
                        "price: 100 EUR",
                        "charge: 100 EUR charged for order 1",
                        "rolled back: nothing to charge",
                        "orders: 1, calls: 1");
    }

    private static HttpResponse<String> console(String port, String login)
            throws IOException, InterruptedException {
        byte[] bytes = login.getBytes(StandardCharsets.UTF_8);
        HttpRequest request =
                HttpRequest.newBuilder(
                                URI.create("http://localhost:" + port + "/ops/reprise/calls"))
                        .header(
                                "Authorization",
                                "Basic " + Base64.getEncoder().encodeToString(bytes))
                        .build();
        return HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
    }
}
