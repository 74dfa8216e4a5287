package dev.reprise.spring.internal;

import dev.reprise.NamedPolicies;
import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.queue.model.Call;
import dev.reprise.queue.model.CallCount;
import dev.reprise.spring.QueueStatus;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;

/**
 * {@code /actuator/reprise}: a summary, {@code /policies}, {@code /calls/{cid}}; POST to {@code
 * /lanes/{lane}} pauses and resumes, POST to {@code /policies/{name}} replaces.
 */
@Endpoint(id = "reprise")
public class RepriseEndpoint {
    private final NamedPolicies policies;
    private final ObjectProvider<QueueRunner> queue;
    private final ObjectProvider<QueueStatus> status;

    RepriseEndpoint(
            NamedPolicies policies,
            ObjectProvider<QueueRunner> queue,
            ObjectProvider<QueueStatus> status) {
        this.policies = policies;
        this.queue = queue;
        this.status = status;
    }

    /** {@return the names of the policies; state and counts of the queue, if there is one} */
    @ReadOperation
    public Map<String, Object> summary() {
        Map<String, Object> summary = new LinkedHashMap<>();
        summary.put("policies", policies.getNames());
        status.ifAvailable(
                known -> {
                    summary.put("state", known.getState());
                    summary.put("details", known.getDetails());
                });
        queue.ifAvailable(
                known ->
                        summary.put(
                                "calls",
                                known.counts().stream().map(RepriseEndpoint::of).toList()));
        return summary;
    }

    /** {@return all policies, explained; null for another word} */
    @ReadOperation
    public @Nullable Map<String, Object> list(@Selector String what) {
        if (!what.equals("policies")) {
            return null;
        }
        Map<String, Object> explained = new LinkedHashMap<>();
        policies.getNames().forEach(name -> explained.put(name, explained(name)));
        return explained;
    }

    /** {@return one policy or one call; null if there is none} */
    @ReadOperation
    public @Nullable Map<String, Object> find(@Selector String what, @Selector String id) {
        return switch (what) {
            case "policies" -> policies.getNames().contains(id) ? explained(id) : null;
            case "calls" -> call(id);
            default -> null;
        };
    }

    /**
     * Pauses or resumes a lane, or replaces a policy. Spring Boot 3 knows only its own Nullable.
     */
    @WriteOperation
    public Map<String, Object> change(
            @Selector String what,
            @Selector String name,
            @org.springframework.lang.Nullable @Nullable String action,
            @org.springframework.lang.Nullable @Nullable String notation) {
        switch (what) {
            case "lanes" -> changeLane(name, action);
            case "policies" -> {
                try {
                    policies.replace(name, String.valueOf(notation));
                } catch (IllegalArgumentException e) {
                    throw invalid("notation must be a policy: " + e.getMessage());
                }
            }
            default -> throw invalid("'" + what + "' is not 'lanes' or 'policies'");
        }
        return Map.of(what, name);
    }

    private void changeLane(String lane, @Nullable String action) {
        QueueRunner known = queue.getObject();
        switch (String.valueOf(action)) {
            case "pause" -> known.pause(lane);
            case "resume" -> known.resume(lane);
            default ->
                    throw invalid("action must be 'pause' or 'resume', but was '" + action + "'");
        }
    }

    private static InvalidEndpointRequestException invalid(String reason) {
        return new InvalidEndpointRequestException(reason, reason);
    }

    private Map<String, Object> explained(String name) {
        return Map.of(
                "notation", policies.policy(name).toString(),
                "explained", policies.policy(name).explain().toString());
    }

    private @Nullable Map<String, Object> call(String cid) {
        QueueRunner known = queue.getIfAvailable();
        Call call = known == null ? null : known.find(cid);
        if (known == null || call == null) {
            return null;
        }
        Map<String, Object> found = new LinkedHashMap<>();
        found.put("cid", call.getCid());
        found.put("handler", call.getHandler());
        found.put("state", call.getState());
        found.put("why", known.why(cid).toString());
        found.put("errors", known.errors(cid).stream().map(Object::toString).toList());
        return found;
    }

    private static Map<String, Object> of(CallCount count) {
        return Map.of(
                "handler",
                count.getHandler(),
                "state",
                count.getState(),
                "calls",
                count.getCalls());
    }
}
