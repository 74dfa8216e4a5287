package dev.reprise.spring.internal.handlers;

import dev.reprise.spring.JsonTargets;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Jackson 3 if it is there, otherwise Jackson 2; with the mapper of the application, if it has one.
 */
@AutoConfiguration(
        afterName = {
            "org.springframework.boot.autoconfigure.jackson.JacksonAutoConfiguration",
            "org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration",
            "org.springframework.boot.jackson2.autoconfigure.Jackson2AutoConfiguration"
        })
@ConditionalOnProperty(name = "reprise.queue.enabled", havingValue = "true")
public class JsonAutoConfiguration {
    JsonAutoConfiguration() {}

    /** Comes after those of the nested classes. */
    @Bean
    @ConditionalOnMissingBean
    JsonTargets repriseNoJsonTargets() {
        return new NoJsonTargets();
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(tools.jackson.databind.ObjectMapper.class)
    static class Jackson3 {
        @Bean
        @ConditionalOnMissingBean
        JsonTargets repriseJsonTargets(
                ObjectProvider<tools.jackson.databind.json.JsonMapper> mapper) {
            return new Jackson3Targets(
                    mapper.getIfAvailable(
                            () ->
                                    tools.jackson.databind.json.JsonMapper.builder()
                                            .findAndAddModules()
                                            .build()));
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(com.fasterxml.jackson.databind.ObjectMapper.class)
    @ConditionalOnMissingClass("tools.jackson.databind.ObjectMapper")
    static class Jackson2 {
        @Bean
        @ConditionalOnMissingBean
        JsonTargets repriseJsonTargets(
                ObjectProvider<com.fasterxml.jackson.databind.ObjectMapper> mapper) {
            return new Jackson2Targets(
                    mapper.getIfAvailable(
                            () ->
                                    new com.fasterxml.jackson.databind.ObjectMapper()
                                            .findAndRegisterModules()));
        }
    }
}
