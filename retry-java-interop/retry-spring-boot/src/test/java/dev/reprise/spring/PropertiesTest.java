package dev.reprise.spring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** What an IDE knows of the properties, and the guide says of them. */
class PropertiesTest {
    private static final Path METADATA =
            Path.of("target/classes/META-INF/spring-configuration-metadata.json");
    private static final Path GUIDE = Path.of("../../retry-core/guide/spring.md");

    private static List<JsonNode> properties() throws IOException {
        JsonNode all = new ObjectMapper().readTree(METADATA.toFile()).get("properties");
        return StreamSupport.stream(all.spliterator(), false)
                .filter(property -> property.get("name").asText().startsWith("reprise."))
                .toList();
    }

    @Test
    void everyPropertyHasADescription() throws IOException {
        assertThat(properties())
                .hasSize(22)
                .allSatisfy(
                        property ->
                                assertThat(property.path("description").asText()).endsWith("."));
    }

    @Test
    void everyPropertyIsInTheGuide() throws IOException {
        String guide = Files.readString(GUIDE);
        String table = guide.substring(guide.indexOf("| property | default | meaning |"));
        assertThat(properties())
                .extracting(property -> property.get("name").asText())
                .allSatisfy(
                        name -> {
                            String last = name.substring(name.lastIndexOf('.'));
                            assertThat(table).containsAnyOf("`" + name, "`" + last + "`");
                        });
    }
}
