package dev.reprise.samples.tour;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.NamedPolicies;
import dev.reprise.RetryPolicies;
import dev.reprise.RetryPolicy;
import dev.reprise.interop.RetryRunner;
import dev.reprise.policy.Explanation;
import dev.reprise.policy.Simulation;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ValuesTest {
    @Test
    void aPolicyIsTextAndTextIsAPolicy() throws Exception {
        FarEnd api = new FarEnd(2);
        String text = "every(1ms) maxAttempts(5) on(java.net.ConnectException)";
        // docs:begin notation
        RetryPolicy policy = RetryPolicy.parse(text);
        String answer = RetryRunner.of(policy).call(() -> api.call());
        // docs:end
        assertEquals("answer 3", answer);
        assertEquals(text, policy.notation());
    }

    @Test
    void policiesHaveNamesAndAreReplacedWhileTheyAreUsed() throws Exception {
        FarEnd api = new FarEnd(2);
        Map<String, String> configuration = Map.of("prices", "every(1ms) maxAttempts(4)");
        // docs:begin named
        NamedPolicies policies = NamedPolicies.parse(configuration);
        RetryRunner prices = RetryRunner.named(policies, "prices");
        String answer = prices.call(() -> api.call());
        policies.replace("prices", "maxAttempts(1)"); // runs that have started keep theirs
        // docs:end
        assertEquals("answer 3", answer);
        assertEquals("maxAttempts(1)", prices.getPolicy().toString());
    }

    @Test
    void aPolicyExplainsItself() {
        RetryPolicy policy = RetryPolicies.durableDefault();
        // docs:begin explain
        Explanation explanation = policy.explain();
        System.out.println(explanation.getText()); // what it does, the first delays, the totals
        System.out.println(explanation.getLints()); // what looks like a mistake

        Simulation run = policy.simulate(42, 100);
        System.out.println(
                run.getAttempts()
                        + " attempts in "
                        + run.getElapsed()
                        + ", "
                        + run.getStopReason());
        // docs:end
        assertTrue(explanation.getText().contains("81 calls"));
        assertEquals(81, run.getAttempts());
    }

    @Test
    void thePoliciesOfOlderSystems() throws Exception {
        // docs:begin presets
        RetryRunner python =
                RetryRunner.of(RetryPolicies.pythonRetryable(Duration.ofSeconds(60))); // no limit
        RetryRunner twisted = RetryRunner.of(RetryPolicies.twisted()); // 10 calls, from 10 ms on
        RetryRunner pythomnic = RetryRunner.of(RetryPolicies.durableDefault());
        RetryRunner zato =
                RetryRunner.of(RetryPolicies.zato(3, null, 10)); // 3 calls, every 10 minutes
        // docs:end
        assertEquals("first", python.call(() -> "first"));
        assertEquals("first", twisted.call(() -> "first"));
        assertEquals("first", pythomnic.call(() -> "first"));
        assertEquals("first", zato.call(() -> "first"));
    }
}
