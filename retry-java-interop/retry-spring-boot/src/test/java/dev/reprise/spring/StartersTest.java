package dev.reprise.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.springframework.asm.ClassWriter;
import org.springframework.asm.Opcodes;

class StartersTest {
    /** A class path that has more classes. */
    private static final class WithClasses extends ClassLoader {
        private final Set<String> names;

        WithClasses(String... names) {
            super(StartersTest.class.getClassLoader());
            this.names = Set.of(names);
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            if (!names.contains(name)) {
                throw new ClassNotFoundException(name);
            }
            ClassWriter writer = new ClassWriter(0);
            String internal = name.replace('.', '/');
            writer.visit(Opcodes.V17, Opcodes.ACC_PUBLIC, internal, null, "java/lang/Object", null);
            byte[] bytes = writer.toByteArray();
            return defineClass(name, bytes, 0, bytes.length);
        }
    }

    private static final String BOOT3 = "dev.reprise.spring.boot3.Boot3AutoConfiguration";
    private static final String BOOT4 = "dev.reprise.spring.boot4.Boot4AutoConfiguration";

    @Test
    void bothStartersAreRefused() {
        Contexts.application()
                .withClassLoader(new WithClasses(BOOT3, BOOT4))
                .run(
                        context ->
                                assertThat(Contexts.mistake(context))
                                        .isEqualTo(
                                                "retry-spring-boot3-starter and"
                                                        + " retry-spring-boot4-starter are both on the"
                                                        + " class path: keep the one of your version of"
                                                        + " Spring Boot"));
    }

    @Test
    void oneStarterIsWhatIsNeeded() {
        Contexts.application()
                .withClassLoader(new WithClasses(BOOT4))
                .run(context -> assertThat(context).hasNotFailed());
    }
}
