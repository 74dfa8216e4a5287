package dev.reprise.interop;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodType;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes the class of a proxy: each method passes itself and its arguments to the handler and
 * returns what that returns. There is no branch and no handler for exceptions in it, so it needs no
 * stack maps.
 */
final class ProxyClassFile {
    private static final int JAVA_17 = 61;
    private static final int PUBLIC_FINAL = 0x11;
    private static final int FINAL_SUPER_SYNTHETIC = 0x1030;
    private static final int PRIVATE_FINAL = 0x12;

    /** Handler, proxy, method, arguments, arguments again, index, and a long or a double. */
    private static final int STACK = 8;

    private static final String HANDLER = InvocationHandler.class.descriptorString();
    private static final String METHODS = Method[].class.descriptorString();
    private static final String CONSTRUCTOR = "(" + HANDLER + METHODS + ")V";

    private final String name;
    private final Pool pool = new Pool();

    private ProxyClassFile(Class<?> type) {
        String folder = type.getPackageName().replace('.', '/');
        name = (folder.isEmpty() ? "" : folder + "/") + "RetryProxy$" + type.getSimpleName();
    }

    /** Returns a class that implements {@code type} by these methods. */
    static byte[] of(Class<?> type, Method[] methods) {
        try {
            return new ProxyClassFile(type).write(type, methods);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String descriptor(Method method) {
        return MethodType.methodType(method.getReturnType(), method.getParameterTypes())
                .descriptorString();
    }

    private byte[] write(Class<?> type, Method[] methods) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(body);
        shorts(out, FINAL_SUPER_SYNTHETIC, pool.type(name), pool.type("java/lang/Object"));
        shorts(out, 1, pool.type(internalName(type)));
        shorts(out, 2);
        shorts(out, PRIVATE_FINAL, pool.text("handler"), pool.text(HANDLER), 0);
        shorts(out, PRIVATE_FINAL, pool.text("methods"), pool.text(METHODS), 0);
        shorts(out, methods.length + 1);
        method(out, 0, "<init>", CONSTRUCTOR, 3, constructor());
        for (int i = 0; i < methods.length; i++) {
            Method method = methods[i];
            Code code = new Code();
            call(code, i, method);
            method(out, PUBLIC_FINAL, method.getName(), descriptor(method), code.locals, code);
        }
        shorts(out, 0);
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        DataOutputStream header = new DataOutputStream(file);
        header.writeInt(0xCAFEBABE);
        shorts(header, 0, JAVA_17);
        pool.writeTo(header);
        body.writeTo(file);
        return file.toByteArray();
    }

    private void method(
            DataOutputStream out, int access, String name, String type, int locals, Code code)
            throws IOException {
        byte[] bytes = code.bytes.toByteArray();
        shorts(out, access, pool.text(name), pool.text(type), 1, pool.text("Code"));
        out.writeInt(12 + bytes.length);
        shorts(out, STACK, locals);
        out.writeInt(bytes.length);
        out.write(bytes);
        shorts(out, 0, 0);
    }

    private Code constructor() throws IOException {
        Code code = new Code();
        code.load(0x19, 0);
        code.refer(0xB7, pool.method("java/lang/Object", "<init>", "()V"));
        code.load(0x19, 0);
        code.load(0x19, 1);
        code.refer(0xB5, pool.field(name, "handler", HANDLER));
        code.load(0x19, 0);
        code.load(0x19, 2);
        code.refer(0xB5, pool.field(name, "methods", METHODS));
        code.op(0xB1);
        return code;
    }

    private void call(Code code, int index, Method method) throws IOException {
        code.load(0x19, 0);
        code.refer(0xB4, pool.field(name, "handler", HANDLER));
        code.load(0x19, 0);
        code.load(0x19, 0);
        code.refer(0xB4, pool.field(name, "methods", METHODS));
        code.number(index);
        code.op(0x32);
        arguments(code, method.getParameterTypes());
        code.refer(
                0xB9,
                pool.interfaceMethod(
                        internalName(InvocationHandler.class),
                        "invoke",
                        "(Ljava/lang/Object;Ljava/lang/reflect/Method;[Ljava/lang/Object;)Ljava/lang/Object;"));
        code.op(4);
        code.op(0);
        result(code, method.getReturnType());
    }

    private void arguments(Code code, Class<?>[] types) throws IOException {
        code.number(types.length);
        code.refer(0xBD, pool.type("java/lang/Object"));
        for (int i = 0; i < types.length; i++) {
            code.op(0x59);
            code.number(i);
            Primitive primitive = Primitive.of(types[i]);
            code.argument(primitive == null ? 0x19 : primitive.load, types[i]);
            if (primitive != null) {
                String box = "(" + types[i].descriptorString() + ")" + primitive.boxDescriptor();
                code.refer(0xB8, pool.method(primitive.box, "valueOf", box));
            }
            code.op(0x53);
        }
    }

    private void result(Code code, Class<?> type) throws IOException {
        Primitive primitive = Primitive.of(type);
        if (type == void.class) {
            code.op(0x57);
            code.op(0xB1);
        } else if (primitive == null) {
            code.refer(0xC0, pool.type(internalName(type)));
            code.op(0xB0);
        } else {
            code.refer(0xC0, pool.type(primitive.box));
            String unboxed = "()" + type.descriptorString();
            code.refer(0xB6, pool.method(primitive.box, type.getName() + "Value", unboxed));
            code.op(primitive.load + 0x97);
        }
    }

    private static String internalName(Class<?> type) {
        return type.getName().replace('.', '/');
    }

    private static void shorts(DataOutputStream out, int... values) throws IOException {
        for (int value : values) {
            out.writeShort(value);
        }
    }

    /** How a primitive type is loaded and boxed. */
    private record Primitive(int load, String box) {
        static @Nullable Primitive of(Class<?> type) {
            if (!type.isPrimitive() || type == void.class) {
                return null;
            }
            String box = internalName(MethodType.methodType(type).wrap().returnType());
            return new Primitive(loadOf(type), box);
        }

        private static int loadOf(Class<?> type) {
            if (type == long.class) {
                return 0x16;
            }
            if (type == float.class) {
                return 0x17;
            }
            return type == double.class ? 0x18 : 0x15;
        }

        String boxDescriptor() {
            return "L" + box + ";";
        }
    }

    /** The instructions of one method. */
    private static final class Code {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final DataOutputStream out = new DataOutputStream(bytes);
        int locals = 1;

        void op(int code) throws IOException {
            out.writeByte(code);
        }

        void refer(int code, int index) throws IOException {
            out.writeByte(code);
            out.writeShort(index);
        }

        void number(int value) throws IOException {
            refer(0x11, value);
        }

        void load(int code, int local) throws IOException {
            out.writeByte(code);
            out.writeByte(local);
        }

        void argument(int code, Class<?> type) throws IOException {
            load(code, locals);
            locals += type == long.class || type == double.class ? 2 : 1;
        }
    }

    /** The constants, each once. */
    private static final class Pool {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final DataOutputStream out = new DataOutputStream(bytes);
        private final Map<String, Integer> known = new LinkedHashMap<>();

        int text(String text) throws IOException {
            Integer index = known.get("1" + text);
            if (index == null) {
                out.writeByte(1);
                out.writeUTF(text);
                index = add("1" + text);
            }
            return index;
        }

        int type(String name) throws IOException {
            return pair(7, text(name), -1);
        }

        int field(String owner, String name, String type) throws IOException {
            return pair(9, type(owner), pair(12, text(name), text(type)));
        }

        int method(String owner, String name, String type) throws IOException {
            return pair(10, type(owner), pair(12, text(name), text(type)));
        }

        int interfaceMethod(String owner, String name, String type) throws IOException {
            return pair(11, type(owner), pair(12, text(name), text(type)));
        }

        private int pair(int tag, int first, int second) throws IOException {
            String key = tag + " " + first + " " + second;
            Integer index = known.get(key);
            if (index == null) {
                out.writeByte(tag);
                out.writeShort(first);
                if (second >= 0) {
                    out.writeShort(second);
                }
                index = add(key);
            }
            return index;
        }

        private int add(String key) {
            known.put(key, known.size() + 1);
            return known.size();
        }

        void writeTo(DataOutputStream file) throws IOException {
            file.writeShort(known.size() + 1);
            bytes.writeTo(file);
        }
    }
}
