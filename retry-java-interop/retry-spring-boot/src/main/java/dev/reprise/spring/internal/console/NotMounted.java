package dev.reprise.spring.internal.console;

import org.apache.commons.logging.LogFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;

/** Warns that the console, which is configured, is not there. */
record NotMounted(String reason) implements SmartInitializingSingleton {
    @Override
    public void afterSingletonsInstantiated() {
        LogFactory.getLog("dev.reprise.spring")
                .warn(
                        "reprise.console.path is set, but the console is not mounted: it needs"
                                + " Spring MVC, and this application "
                                + reason
                                + "; serve it on a port of its own with ConsoleServer");
    }
}
