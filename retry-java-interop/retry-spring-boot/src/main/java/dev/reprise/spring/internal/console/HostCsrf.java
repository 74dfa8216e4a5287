package dev.reprise.spring.internal.console;

import dev.reprise.console.model.ConsoleRequest;
import jakarta.servlet.http.HttpServletRequest;

/** The protection against forged requests that the application has. */
@FunctionalInterface
interface HostCsrf {
    /** Passes the token of {@code request} to the console, unless a POST does not prove it. */
    void apply(HttpServletRequest request, ConsoleRequest.Builder builder);
}
