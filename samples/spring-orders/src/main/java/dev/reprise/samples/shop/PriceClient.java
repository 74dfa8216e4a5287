package dev.reprise.samples.shop;

import dev.reprise.interop.RetryWith;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

// docs:begin spring-retry-with
/** The prices of another service. */
@Component
class PriceClient {
    private final HttpClient client = HttpClient.newHttpClient();
    private final URI service;

    PriceClient(@Value("${prices.url}") URI service) {
        this.service = service;
    }

    @RetryWith(value = "prices", recover = "listPrice") // a name of reprise.policies
    public String price(String product) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(service.resolve("/" + product)).build();
        return client.send(request, BodyHandlers.ofString()).body();
    }

    String listPrice(IOException failure, String product) { // the arguments, after the failure
        return "100 EUR";
    }
}
// docs:end
