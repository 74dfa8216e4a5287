package dev.reprise.samples.shop;

import java.util.concurrent.TimeUnit;
import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.jdbc.core.JdbcTemplate;

/** A shop on PostgreSQL: --spring.datasource.url=jdbc:postgresql://… */
@SpringBootApplication
public class Main {
    public static void main(String[] arguments) {
        SpringApplication.run(Main.class, arguments).close();
    }

    @Bean
    CommandLineRunner story(PriceClient prices, Orders orders, JdbcTemplate jdbc) {
        return arguments -> {
            String price = prices.price("book");
            System.out.println("price: " + price);
            var call = orders.place("1", price);
            System.out.println("charge: " + call.resultAsync().get(30, TimeUnit.SECONDS));
            try {
                orders.place("2", "0 EUR");
            } catch (IllegalArgumentException e) {
                System.out.println("rolled back: " + e.getMessage());
            }
            String count = "SELECT count(*) FROM ";
            var stored = jdbc.queryForObject(count + "purchase_order", Integer.class);
            var charged = jdbc.queryForObject(count + "reprise_finished", Integer.class);
            System.out.println("orders: " + stored + ", calls: " + charged);
        };
    }
}
