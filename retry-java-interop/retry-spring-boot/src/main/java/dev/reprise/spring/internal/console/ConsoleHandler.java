package dev.reprise.spring.internal.console;

import dev.reprise.console.Console;
import dev.reprise.console.model.ConsoleRequest;
import dev.reprise.console.model.ConsoleResponse;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.Principal;
import java.util.Collections;
import org.springframework.context.SmartLifecycle;
import org.springframework.http.server.ServletServerHttpRequest;
import org.springframework.web.servlet.function.HandlerFunction;
import org.springframework.web.servlet.function.ServerRequest;
import org.springframework.web.servlet.function.ServerResponse;

/**
 * Passes requests of Spring MVC to a console, and its responses back. Live pages end before the web
 * server stops, which waits for its requests.
 */
final class ConsoleHandler implements HandlerFunction<ServerResponse>, SmartLifecycle {
    private final Console console;
    private final String path;
    private final HostCsrf csrf;
    private volatile boolean isRunning;

    ConsoleHandler(Console console, String path, HostCsrf csrf) {
        this.console = console;
        this.path = path;
        this.csrf = csrf;
    }

    @Override
    public ServerResponse handle(ServerRequest request) throws IOException, InterruptedException {
        String mount = request.requestPath().contextPath().value() + path;
        String whole = request.requestPath().value();
        if (!whole.startsWith(mount)) {
            return ServerResponse.notFound().build(); // the path of the mount, but encoded
        }
        HttpServletRequest servlet = request.servletRequest();
        ConsoleRequest visit = visit(servlet, mount, whole.substring(mount.length()));
        return written(console.handleBlocking(visit));
    }

    private ConsoleRequest visit(HttpServletRequest servlet, String mount, String below)
            throws IOException {
        Principal user = servlet.getUserPrincipal();
        ConsoleRequest.Builder builder =
                ConsoleRequest.builder(servlet.getMethod(), below)
                        .mount(mount)
                        .query(servlet.getQueryString())
                        .user(user == null ? null : user.getName())
                        .remoteAddress(servlet.getRemoteAddr())
                        .roles(servlet::isUserInRole)
                        .body(body(servlet));
        for (String name : Collections.list(servlet.getHeaderNames())) {
            for (String value : Collections.list(servlet.getHeaders(name))) {
                builder.header(name, value);
            }
        }
        csrf.apply(servlet, builder);
        return builder.build();
    }

    /** That of a form is there also if a filter has read its parameters before. */
    private static byte[] body(HttpServletRequest servlet) throws IOException {
        try (InputStream body = new ServletServerHttpRequest(servlet).getBody()) {
            return body.readNBytes(ConsoleRequest.LARGEST_BODY + 1);
        }
    }

    private ServerResponse written(ConsoleResponse response) {
        ServerResponse.BodyBuilder builder = ServerResponse.status(response.getStatus());
        response.getHeaders()
                .forEach(header -> builder.header(header.getFirst(), header.getSecond()));
        return builder.build(
                (request, servlet) -> {
                    write(response, servlet.getOutputStream());
                    return null;
                });
    }

    private void write(ConsoleResponse response, OutputStream output) {
        try {
            response.writeTo(response.isStream() ? new WhileRunning(output) : output);
        } catch (Exception e) { // Kotlin declares none
            // Live pages end when the browser leaves, or when the application stops.
            if (!response.isStream() || !(e instanceof IOException)) {
                throw e;
            }
        }
    }

    @Override
    public void start() {
        isRunning = true;
    }

    @Override
    public void stop() {
        isRunning = false;
    }

    @Override
    public boolean isRunning() {
        return isRunning;
    }

    /** The next event of a live page, of which there is one every two seconds, ends it. */
    private final class WhileRunning extends OutputStream {
        private final OutputStream output;

        WhileRunning(OutputStream output) {
            this.output = output;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            if (!isRunning) {
                throw new IOException("the application stops");
            }
            output.write(bytes, offset, length);
        }

        @Override
        public void flush() throws IOException {
            output.flush();
        }
    }
}
