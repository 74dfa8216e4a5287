package dev.reprise.spring.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.queue.model.Target;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

import java.io.InputStream;
import java.net.CookieManager;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The console behind Spring Security. */
class ConsoleTest {
    private static final String CONSOLE = "/shop/ops/reprise";
    private static final Pattern TOKEN = Pattern.compile("name=\"_csrf\" value=\"([^\"]+)\"");

    private final HttpClient client =
            HttpClient.newBuilder().cookieHandler(new CookieManager()).build();
    private final ConfigurableApplicationContext application =
            new SpringApplicationBuilder(ConsoleApplication.class)
                    .run(
                            "--server.port=0",
                            "--server.servlet.context-path=/shop",
                            "--server.shutdown=graceful",
                            "--spring.application.name=orders",
                            "--reprise.queue.enabled=true",
                            "--reprise.console.path=/ops/reprise",
                            "--reprise.console.read-role=OPS_READ",
                            "--reprise.console.operate-role=OPS",
                            "--reprise.console.stage=production",
                            "--reprise.console.payloads=shown");

    @AfterEach
    void stop() {
        application.close();
    }

    @Test
    void theLoginOfTheApplicationDecidesWhoSeesTheConsole() throws Exception {
        assertThat(get("/", null).statusCode()).isEqualTo(401);
        assertThat(get("/", "eve")).extracting(HttpResponse::statusCode).isEqualTo(403);
        assertThat(get("/", "bob").body()).contains("orders").contains("production");
        assertThat(get("", "bob").statusCode()).isEqualTo(308);
        assertThat(get("/calls?state=dead", "bob").statusCode()).isEqualTo(200);
        assertThat(get("/api/v1/lanes", "bob").headers().firstValue("Content-Type"))
                .hasValue("application/json");
        assertThat(get("/unknown", "bob").statusCode()).isEqualTo(404);
    }

    @Test
    void payloadsAreShownIfAPropertySaysSo() throws Exception {
        String cid =
                application
                        .getBean(QueueRunner.class)
                        .enqueue(Target.text("charge"), "42 umbrellas")
                        .getCid();
        assertThat(get("/calls/" + cid, "bob").body()).contains("42 umbrellas");
    }

    @Test
    void anOperatorActsThroughAFormWithTheTokenOfTheApplication() throws Exception {
        QueueRunner queue = application.getBean(QueueRunner.class);
        String cid =
                queue.enqueue(
                                Target.text("charge"),
                                "7",
                                call -> call.delay(java.time.Duration.ofDays(1)))
                        .getCid();
        String token = token("/act?action=cancel&cid=" + cid, "ada");
        Map<String, String> form =
                Map.of("action", "cancel", "cid", cid, "note", "test", "_csrf", token);
        assertThat(post("/act", "ada", Map.of("action", "cancel", "cid", cid)).statusCode())
                .isIn(401, 403); // by Spring Security, whose page of errors needs a login too
        assertThat(post("/act", "bob", form).statusCode()).isEqualTo(403);
        assertThat(queue.find(cid).getState()).hasToString("READY");

        assertThat(post("/act", "ada", form).statusCode()).isIn(200, 303);
        assertThat(queue.find(cid).getState()).hasToString("CANCELLED");
        assertThat(get("/audit", "bob").body()).contains("ada").contains("test");
    }

    @Test
    void whereTheApplicationDoesNotCheckTheTokenTheConsoleDoes() throws Exception {
        String token = token("/lanes", "ada");
        Map<String, String> pause = Map.of("lane", "payments", "to", "pause");
        assertThat(post("/lanes", "ada", pause).statusCode()).isEqualTo(403);
        Map<String, String> forged =
                Map.of("lane", "payments", "to", "pause", "_csrf", "0".repeat(token.length()));
        assertThat(post("/lanes", "ada", forged).statusCode()).isEqualTo(403);
        Map<String, String> proven = Map.of("lane", "payments", "to", "pause", "_csrf", token);
        assertThat(post("/lanes", "ada", proven).statusCode()).isEqualTo(303);
    }

    @Test
    @Timeout(20)
    void aLivePageDoesNotKeepTheApplicationFromStopping() throws Exception {
        HttpResponse<InputStream> live =
                client.send(request("/live?view=", "bob").build(), BodyHandlers.ofInputStream());
        assertThat(new String(live.body().readNBytes(11), StandardCharsets.UTF_8))
                .isEqualTo(": connected");
        application.close(); // waits for requests, for up to 30 s
        live.body().readAllBytes();
    }

    private String token(String path, String user) throws Exception {
        Matcher matcher = TOKEN.matcher(get(path, user).body());
        assertThat(matcher.find()).as("the form of " + path + " has a token").isTrue();
        return matcher.group(1);
    }

    private HttpResponse<String> get(String path, String user) throws Exception {
        return client.send(request(path, user).build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String path, String user, Map<String, String> form)
            throws Exception {
        String body =
                form.entrySet().stream()
                        .map(field -> field.getKey() + "=" + encoded(field.getValue()))
                        .collect(Collectors.joining("&"));
        HttpRequest request =
                request(path, user)
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build();
        return client.send(request, BodyHandlers.ofString());
    }

    private HttpRequest.Builder request(String path, String user) {
        String port = application.getEnvironment().getProperty("local.server.port");
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create("http://localhost:" + port + CONSOLE + path));
        return user == null ? request : request.header("Authorization", credentials(user));
    }

    private static String credentials(String user) {
        byte[] text = (user + ":secret").getBytes(StandardCharsets.UTF_8);
        return "Basic " + Base64.getEncoder().encodeToString(text);
    }

    private static String encoded(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }
}
