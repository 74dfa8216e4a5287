package dev.reprise.spring.starter;

import static org.springframework.security.config.Customizer.withDefaults;

import dev.reprise.queue.InMemoryCallStore;
import dev.reprise.queue.spi.CallStore;
import dev.reprise.spring.DurableHandler;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetails;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;

/** A service whose console is behind its logins; it excludes the lanes from its CSRF check. */
@EnableAutoConfiguration(
        excludeName = {
            "org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration",
            "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
            "org.springframework.boot.autoconfigure.orm.jpa.HibernateJpaAutoConfiguration",
            "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration"
        })
@Configuration(proxyBeanMethods = false)
@Import(ConsoleApplication.Charges.class)
class ConsoleApplication {
    @Bean
    CallStore store() {
        return new InMemoryCallStore();
    }

    @Bean
    SecurityFilterChain logins(HttpSecurity http) throws Exception {
        return http.authorizeHttpRequests(requests -> requests.anyRequest().authenticated())
                .csrf(csrf -> csrf.ignoringRequestMatchers("/ops/reprise/lanes"))
                .httpBasic(withDefaults())
                .build();
    }

    @Bean
    UserDetailsService users() {
        return new InMemoryUserDetailsManager(
                user("ada", "OPS"), user("bob", "OPS_READ"), user("eve", "SALES"));
    }

    private static UserDetails user(String name, String role) {
        return User.withUsername(name).password("{noop}secret").roles(role).build();
    }

    static class Charges {
        @DurableHandler(value = "charge", lane = "payments")
        String charge(String order) {
            return order + " charged";
        }
    }
}
