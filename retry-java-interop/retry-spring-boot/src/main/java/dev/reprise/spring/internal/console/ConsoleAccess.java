package dev.reprise.spring.internal.console;

import dev.reprise.console.model.Access;
import dev.reprise.console.model.ConsoleRequest;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/** What a visitor can do: nothing, unless a role of Spring Security or a property allows it. */
record ConsoleAccess(
        @Nullable String readRole, @Nullable String operateRole, boolean isOpenToEveryone) {
    static ConsoleAccess of(ConsoleProperties properties, boolean hasSecurity) {
        ConsoleAccess access =
                new ConsoleAccess(
                        properties.readRole(),
                        properties.operateRole(),
                        properties.openToEveryone());
        String remedy = access.remedy(hasSecurity);
        if (remedy != null) {
            LogFactory.getLog("dev.reprise.spring")
                    .warn("the console responds to everybody with 403: " + remedy);
        }
        return access;
    }

    private @Nullable String remedy(boolean hasSecurity) {
        if (isOpenToEveryone) {
            return null;
        }
        if (!hasSecurity) {
            return "Spring Security is not on the class path; add it and set"
                    + " reprise.console.operate-role, or set reprise.console.open-to-everyone=true";
        }
        return readRole == null && operateRole == null
                ? "set reprise.console.read-role or reprise.console.operate-role"
                : null;
    }

    Access of(ConsoleRequest request) {
        if (isOpenToEveryone || has(request, operateRole)) {
            return new Access.Operate();
        }
        return has(request, readRole) ? Access.Read.INSTANCE : Access.None.INSTANCE;
    }

    private static boolean has(ConsoleRequest request, @Nullable String role) {
        return role != null && request.isInRole(role);
    }
}
