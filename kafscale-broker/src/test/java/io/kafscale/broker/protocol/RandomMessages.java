// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.types.RawTaggedField;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;

/**
 * Fills generated messages with random values, each field that the version can carry; the same seed gives the same message.
 * Confined to one thread.
 */
final class RandomMessages {

    private static final List<String> TEXTS = List.of("", "a", "orders", "zähler-Ω", "x".repeat(200));
    private static final int FIRST_UNKNOWN_TAG = 9_000;

    private final SplittableRandom random;

    RandomMessages(long seed) {
        random = new SplittableRandom(seed);
    }

    /** Sets what can be set so that the message can still be written in that version. */
    <M extends Message> M fill(M message, short version) {
        List<Method> setters = Arrays.stream(message.getClass().getMethods())
                .filter(method -> method.getName().startsWith("set") && method.getParameterCount() == 1)
                .filter(method -> method.getReturnType().equals(message.getClass()))
                .sorted(Comparator.comparing(Method::getName))
                .toList();
        for (Method setter : setters) {
            set(message, setter, version);
        }
        addUnknownTags(message, version);
        return message;
    }

    private void set(Message message, Method setter, short version) {
        String name = Character.toLowerCase(setter.getName().charAt(3))
                + setter.getName().substring(4);
        Object before = call(() -> message.getClass().getMethod(name).invoke(message));
        Object value = value(setter.getGenericParameterTypes()[0], version);
        call(() -> setter.invoke(message, value));
        if (!isWritable(message, version)) {
            call(() -> setter.invoke(message, before));
        }
    }

    private void addUnknownTags(Message message, short version) {
        if (random.nextInt(3) > 0) {
            return;
        }
        message.unknownTaggedFields().add(new RawTaggedField(FIRST_UNKNOWN_TAG, bytes()));
        message.unknownTaggedFields().add(new RawTaggedField(Integer.MAX_VALUE - 1, bytes()));
        if (!isWritable(message, version)) {
            message.unknownTaggedFields().clear();
        }
    }

    private static boolean isWritable(Message message, short version) {
        try {
            Frames.bytes(message, version);
            return true;
        } catch (UnsupportedVersionException | NullPointerException cannotCarryIt) {
            return false;
        }
    }

    @SuppressWarnings("NullAway") // a field that may be absent is null in the generated classes
    private Object value(Type type, short version) {
        boolean mayBeAbsent = type != Uuid.class && !(type instanceof Class<?> plain && plain.isPrimitive());
        if (mayBeAbsent && random.nextInt(5) == 0) {
            return null;
        }
        if (type instanceof ParameterizedType list) {
            return list(list.getActualTypeArguments()[0], version);
        }
        return plain((Class<?>) type, version);
    }

    private Object plain(Class<?> type, short version) {
        if (type == boolean.class) {
            return random.nextBoolean();
        } else if (type == byte.class) {
            return (byte) random.nextInt();
        } else if (type == short.class) {
            return (short) random.nextInt();
        } else if (type == int.class || type == Integer.class) {
            return random.nextInt();
        } else if (type == long.class || type == Long.class) {
            return random.nextLong();
        } else if (type == double.class || type == Double.class) {
            return random.nextDouble();
        } else if (type == String.class) {
            return TEXTS.get(random.nextInt(TEXTS.size()));
        } else if (type == Uuid.class) {
            return new Uuid(random.nextLong(), random.nextLong());
        } else if (type == byte[].class) {
            return bytes();
        } else if (type == ByteBuffer.class) {
            return ByteBuffer.wrap(bytes());
        } else if (type == BaseRecords.class) {
            return MemoryRecords.readableRecords(ByteBuffer.wrap(bytes()));
        } else if (Collection.class.isAssignableFrom(type)) {
            return collection(type, version);
        }
        return fill((Message) call(() -> type.getConstructor().newInstance()), version);
    }

    private List<Object> list(Type element, short version) {
        List<Object> list = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            list.add(plain((Class<?>) element, version));
        }
        return list;
    }

    /** A generated collection, whose element type stands as the argument of its superclass. */
    @SuppressWarnings("unchecked")
    private Object collection(Class<?> type, short version) {
        Type element = ((ParameterizedType) type.getGenericSuperclass()).getActualTypeArguments()[0];
        Collection<Object> collection =
                (Collection<Object>) call(() -> type.getConstructor().newInstance());
        collection.addAll(list(element, version));
        return collection;
    }

    private byte[] bytes() {
        byte[] bytes = new byte[random.nextInt(40)];
        random.nextBytes(bytes);
        return bytes;
    }

    @FunctionalInterface
    private interface Reflection {
        Object run() throws ReflectiveOperationException;
    }

    private static Object call(Reflection reflection) {
        try {
            return reflection.run();
        } catch (InvocationTargetException e) {
            throw new AssertionError(e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(e.getMessage(), e);
        }
    }
}
