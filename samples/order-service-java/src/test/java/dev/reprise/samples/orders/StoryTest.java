package dev.reprise.samples.orders;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole program, with processes that are killed. */
class StoryTest {
    @Test
    void aKilledShopLosesNoOrderAndChargesNoneTwice(@TempDir Path folder) throws Exception {
        List<String> lines = new CopyOnWriteArrayList<>();
        new Story("jdbc:sqlite:" + folder.resolve("shop.db"), lines::add).tell();
        List<String> said =
                lines.stream().map(line -> line.replaceAll("\\[copy .\\] ", "").trim()).toList();
        for (int order = 1; order <= 5; order++) {
            String paid = "order " + order + ": paid";
            assertEquals(1, said.stream().filter(paid::equals).count(), paid);
        }
        assertTrue(said.contains("order 1: not paid yet"), said::toString);
        assertTrue(said.contains("All orders are paid, each of them once."), said::toString);
    }
}
