package dev.reprise.interop;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes the class of a proxy: each method calls its method handle with the proxy and the
 * arguments, and returns what that returns. There is no branch and no handler for exceptions in it,
 * so it needs no stack maps.
 */
final class ProxyClassFile {
    private static final int JAVA_17 = 61;
    private static final int PUBLIC_FINAL = 0x11;
    private static final int FINAL_SUPER_SYNTHETIC = 0x1030;
    private static final int PRIVATE_FINAL = 0x12;
    private static final int ALOAD_0 = 0x2A;

    private static final String OBJECT = "java/lang/Object";
    private static final String FIELD = "handles";
    private static final String HANDLES = MethodHandle[].class.descriptorString();

    private final String name;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();

    /** The index of each constant by its bytes, as characters. */
    private final Map<String, Integer> constants = new LinkedHashMap<>();

    private ProxyClassFile(Class<?> type) {
        String folder = type.getPackageName().replace('.', '/');
        name = (folder.isEmpty() ? "" : folder + "/") + "RetryProxy$" + type.getSimpleName();
    }

    /**
     * Returns a class that implements {@code type} by {@code methods}. Its constructor takes an
     * array with a handle for each.
     */
    static byte[] of(Class<?> type, List<Method> methods) {
        return new ProxyClassFile(type).write(type, methods);
    }

    static MethodType typeOf(Method method) {
        return MethodType.methodType(method.getReturnType(), method.getParameterTypes());
    }

    private byte[] write(Class<?> type, List<Method> methods) {
        int parent = type(internalName(type));
        shorts(body, FINAL_SUPER_SYNTHETIC, type(name), type(OBJECT), 1, parent);
        shorts(body, 1, PRIVATE_FINAL, text(FIELD), text(HANDLES), 0);
        shorts(body, methods.size() + 1);
        method(0, "<init>", "(" + HANDLES + ")V", 2, constructor());
        for (int i = 0; i < methods.size(); i++) {
            MethodType of = typeOf(methods.get(i));
            int locals = 1 + of.parameterList().stream().mapToInt(ProxyClassFile::size).sum();
            String name = methods.get(i).getName();
            method(PUBLIC_FINAL, name, of.descriptorString(), locals, call(i, of));
        }
        shorts(body, 0);
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        shorts(file, 0xCAFE, 0xBABE, 0, JAVA_17, constants.size() + 1);
        constants.keySet().forEach(constant -> file.writeBytes(constant.getBytes(ISO_8859_1)));
        file.writeBytes(body.toByteArray());
        return file.toByteArray();
    }

    /** The stack has room for a handle and an index, or for a handle and all locals. */
    private void method(int access, String name, String type, int locals, byte[] code) {
        shorts(body, access, text(name), text(type), 1, text("Code"));
        shorts(body, 0, 12 + code.length, locals + 1, locals, 0, code.length);
        body.writeBytes(code);
        shorts(body, 0, 0);
    }

    private byte[] constructor() {
        ByteArrayOutputStream code = new ByteArrayOutputStream();
        code.write(ALOAD_0);
        refer(code, 0xB7, member(10, OBJECT, "<init>", "()V")); // invokespecial
        code.write(ALOAD_0);
        code.write(0x2B); // aload_1
        refer(code, 0xB5, member(9, name, FIELD, HANDLES)); // putfield
        code.write(0xB1); // return
        return code.toByteArray();
    }

    private byte[] call(int index, MethodType of) {
        ByteArrayOutputStream code = new ByteArrayOutputStream();
        code.write(ALOAD_0);
        refer(code, 0xB4, member(9, name, FIELD, HANDLES)); // getfield
        refer(code, 0x11, index); // sipush
        code.write(0x32); // aaload
        code.write(ALOAD_0);
        int local = 1;
        for (Class<?> parameter : of.parameterList()) {
            code.write(0x15 + kind(parameter)); // iload, lload, …
            code.write(local);
            local += size(parameter);
        }
        String called = of.erase().insertParameterTypes(0, Object.class).descriptorString();
        refer(code, 0xB6, member(10, "java/lang/invoke/MethodHandle", "invokeExact", called));
        if (!of.returnType().isPrimitive()) {
            refer(code, 0xC0, type(internalName(of.returnType()))); // checkcast
        }
        code.write(0xAC + kind(of.returnType())); // ireturn, lreturn, …
        return code.toByteArray();
    }

    /** How far the instructions for {@code type} are from those for {@code int}. */
    private static int kind(Class<?> type) {
        return switch (type.descriptorString().charAt(0)) {
            case 'J' -> 1;
            case 'F' -> 2;
            case 'D' -> 3;
            case 'L', '[' -> 4;
            case 'V' -> 5;
            default -> 0;
        };
    }

    private static int size(Class<?> type) {
        return type == long.class || type == double.class ? 2 : 1;
    }

    private static String internalName(Class<?> type) {
        return type.getName().replace('.', '/');
    }

    private int member(int tag, String owner, String name, String type) {
        return constant(tag, type(owner), constant(12, text(name), text(type)));
    }

    private int type(String name) {
        return constant(7, text(name));
    }

    private int text(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.write(1);
        try {
            new DataOutputStream(bytes).writeUTF(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return constant(bytes);
    }

    private int constant(int tag, int... indexes) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.write(tag);
        shorts(bytes, indexes);
        return constant(bytes);
    }

    private int constant(ByteArrayOutputStream bytes) {
        return constants.computeIfAbsent(bytes.toString(ISO_8859_1), added -> constants.size() + 1);
    }

    private static void refer(ByteArrayOutputStream code, int instruction, int index) {
        code.write(instruction);
        shorts(code, index);
    }

    private static void shorts(ByteArrayOutputStream out, int... values) {
        for (int value : values) {
            out.write(value >> 8);
            out.write(value);
        }
    }
}
