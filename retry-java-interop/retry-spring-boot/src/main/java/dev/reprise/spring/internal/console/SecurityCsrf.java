package dev.reprise.spring.internal.console;

import dev.reprise.console.model.ConsoleRequest;
import jakarta.servlet.http.HttpServletRequest;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.security.web.csrf.CsrfTokenRequestAttributeHandler;
import org.springframework.security.web.csrf.CsrfTokenRequestHandler;
import org.springframework.security.web.csrf.DeferredCsrfToken;
import org.springframework.security.web.csrf.XorCsrfTokenRequestAttributeHandler;

/**
 * The token of Spring Security. It is there also for paths that the application excludes from the
 * check, so it is checked here again: then the console has its own.
 */
final class SecurityCsrf implements HostCsrf {
    private static final CsrfTokenRequestHandler MASKED = new XorCsrfTokenRequestAttributeHandler();
    private static final CsrfTokenRequestHandler PLAIN = new CsrfTokenRequestAttributeHandler();

    @Override
    public void apply(HttpServletRequest request, ConsoleRequest.Builder builder) {
        Object token = request.getAttribute(CsrfToken.class.getName());
        if (token instanceof CsrfToken known
                && (!request.getMethod().equals("POST") || isProven(request))) {
            builder.csrf(known.getParameterName(), known.getToken());
        }
    }

    private static boolean isProven(HttpServletRequest request) {
        Object deferred = request.getAttribute(DeferredCsrfToken.class.getName());
        if (!(deferred instanceof DeferredCsrfToken token)) {
            return false;
        }
        CsrfToken expected = token.get();
        return isSame(MASKED.resolveCsrfTokenValue(request, expected), expected)
                || isSame(PLAIN.resolveCsrfTokenValue(request, expected), expected);
    }

    private static boolean isSame(@Nullable String sent, CsrfToken expected) {
        return sent != null
                && MessageDigest.isEqual(
                        sent.getBytes(StandardCharsets.UTF_8),
                        expected.getToken().getBytes(StandardCharsets.UTF_8));
    }
}
