package dev.reprise.samples.clients;

import dev.reprise.http.HttpRules;
import dev.reprise.interop.RetryRunner;
import java.io.IOException;
import okhttp3.Interceptor;
import okhttp3.Request;
import okhttp3.Response;

// docs:begin okhttp
/**
 * Retries the requests of an OkHttp client. Add it first, and set retryOnConnectionFailure(false).
 */
final class RetryInterceptor implements Interceptor {
    private final RetryRunner retry; // with onResult, as below

    RetryInterceptor(RetryRunner retry) {
        this.retry = retry;
    }

    @Override
    public Response intercept(Chain chain) throws IOException {
        Request request = chain.request();
        boolean isOnce = request.body() != null && request.body().isOneShot();
        if (isOnce
                || !HttpRules.DEFAULT.isIdempotent(request.method(), request.headers().names())) {
            return chain.proceed(request);
        }
        return retry.callWithAttempt(
                attempt -> {
                    String number = "" + attempt.getNumber();
                    return chain.proceed(request.newBuilder().header("X-Attempt", number).build());
                });
    }
}
// docs:end
