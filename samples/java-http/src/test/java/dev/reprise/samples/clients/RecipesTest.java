package dev.reprise.samples.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.reprise.RetryPolicy;
import dev.reprise.http.HttpRules;
import dev.reprise.http.RetryAfter;
import dev.reprise.interop.RetryRunner;
import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.policy.TransientFailures;
import feign.Feign;
import feign.RequestLine;
import feign.RetryableException;
import feign.codec.ErrorDecoder;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.springframework.web.client.ResourceAccessException;
import org.springframework.web.client.RestClient;

/** Recipes for clients of HTTP that have no adapter, against a server. */
final class RecipesTest {
    private final VirtualTime time = new VirtualTime();

    @Test
    void okHttp() throws IOException {
        // docs:begin okhttp-client
        RetryRunner prices =
                RetryRunner.builder()
                        .on(TransientFailures.HTTP)
                        .onResult(Response.class, RecipesTest::isBusy)
                        .retryAfterResult(
                                Response.class,
                                r -> RetryAfter.parse(r.header("Retry-After"), r.header("Date")))
                        .returnLastResult() // as the client does without retries
                        .exponential(Duration.ofMillis(100), 2, Duration.ofSeconds(2))
                        .maxAttempts(4)
                        .build();
        OkHttpClient client =
                new OkHttpClient.Builder()
                        .addInterceptor(new RetryInterceptor(prices))
                        .retryOnConnectionFailure(false)
                        .build();
        // docs:end
        try (BusyPrices server = new BusyPrices(502, 502, 200)) {
            Request request = new Request.Builder().url(server.url()).build();
            try (Response response = client.newCall(request).execute()) {
                assertEquals("12 EUR", response.body().string());
            }
            assertEquals(List.of("1", "2", "3"), server.attempts);
        }
        try (BusyPrices server = new BusyPrices(502)) {
            Request request = new Request.Builder().url(server.url()).build();
            try (Response response = client.newCall(request).execute()) {
                assertEquals(502, response.code());
            }
            assertEquals(4, server.attempts.size());
        }
    }

    private static boolean isBusy(Response response) {
        String delay = response.header("Retry-After");
        return HttpRules.DEFAULT.retriesStatus(response.code(), true, delay != null);
    }

    private RetryRunner exceptions() {
        return RetryRunner.builder()
                .on(TransientFailures.HTTP)
                .exponential(Duration.ofMillis(100), 2, Duration.ofSeconds(2))
                .maxAttempts(4)
                .testing(t -> t.time(time))
                .build();
    }

    @Test
    void restClient() throws IOException {
        RetryRunner prices = exceptions();
        // docs:begin rest-client-builder
        RestClient client =
                RestClient.builder().requestInterceptor(new RetryRequests(prices)).build();
        // docs:end
        try (BusyPrices server = new BusyPrices(503, 502, 200)) {
            assertEquals("12 EUR", client.get().uri(server.url()).retrieve().body(String.class));
            assertEquals(3, server.attempts.size());
            assertEquals(3, time.elapsed().toSeconds());
        }
        try (BusyPrices server = new BusyPrices(502)) {
            RestClient.ResponseSpec call = client.get().uri(server.url()).retrieve();
            assertThrows(ResourceAccessException.class, () -> call.body(String.class));
            assertEquals(4, server.attempts.size());
        }
    }

    interface Prices {
        @RequestLine("GET /")
        String price();
    }

    @Test
    void feign() throws IOException {
        RetryPolicy policy =
                RetryPolicy.parse("on(http) every(1ms) maxAttempts(4) maxRetryAfter(1s)");
        // docs:begin feign-decoder
        ErrorDecoder decoder =
                (method, response) -> {
                    var delays = response.headers().getOrDefault("Retry-After", List.of());
                    boolean isIdempotent =
                            HttpRules.DEFAULT.isIdempotent(
                                    response.request().httpMethod().name(),
                                    response.request().headers().keySet());
                    Throwable cause =
                            new HttpStatusException(
                                    response.status(),
                                    isIdempotent,
                                    delays.stream().findFirst().orElse(null));
                    return new RetryableException(
                            response.status(),
                            cause.getMessage(),
                            response.request().httpMethod(),
                            cause,
                            (Long) null,
                            response.request());
                };
        // docs:end
        Feign.Builder feign =
                Feign.builder().errorDecoder(decoder).retryer(new PolicyRetryer(policy));
        try (BusyPrices server = new BusyPrices(502, 502, 200)) {
            assertEquals("12 EUR", feign.target(Prices.class, server.url()).price());
            assertEquals(3, server.attempts.size());
        }
        try (BusyPrices server = new BusyPrices(503)) {
            Prices prices = feign.target(Prices.class, server.url());
            assertThrows(RetryableException.class, prices::price);
            assertEquals(
                    1, server.attempts.size(), "it asks for 3 s, the policy waits 1 s at most");
        }
    }
}
