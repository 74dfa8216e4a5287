package dev.reprise.samples.clients;

import dev.reprise.http.HttpRules;
import dev.reprise.interop.RetryRunner;
import java.io.IOException;
import org.springframework.http.HttpRequest;
import org.springframework.http.client.ClientHttpRequestExecution;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.http.client.ClientHttpResponse;

// docs:begin rest-client
/** Retries the requests of a RestClient; the body is in memory, so it can be sent again. */
final class RetryRequests implements ClientHttpRequestInterceptor {
    private final RetryRunner retry; // with on(TransientFailures.HTTP)

    RetryRequests(RetryRunner retry) {
        this.retry = retry;
    }

    @Override
    public ClientHttpResponse intercept(
            HttpRequest request, byte[] body, ClientHttpRequestExecution execution)
            throws IOException {
        boolean isIdempotent =
                HttpRules.DEFAULT.isIdempotent(
                        request.getMethod().name(), request.getHeaders().headerNames());
        if (!isIdempotent) {
            return execution.execute(request, body);
        }
        return retry.call(
                () -> {
                    ClientHttpResponse response = execution.execute(request, body);
                    int status = response.getStatusCode().value();
                    String delay = response.getHeaders().getFirst("Retry-After");
                    if (!HttpRules.DEFAULT.retriesStatus(status, true, delay != null)) {
                        return response;
                    }
                    response.close();
                    throw new HttpStatusException(status, isIdempotent, delay);
                });
    }
}
// docs:end
