// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.types.ArrayOf;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.CompactArrayOf;
import org.apache.kafka.common.protocol.types.Field;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;

/** Reads the shape of one request out of the schema that comes with its generated class. Confined to one thread. */
final class SchemaReader {

    private static final IdentityHashMap<Type, Shape> SIMPLE = simpleShapes();

    private final ApiKeys api;
    private final short version;

    private SchemaReader(ApiKeys api, short version) {
        this.api = api;
        this.version = version;
    }

    /** The shape of the body of that request. */
    static Shape requestShape(ApiKeys api, short version) {
        return new SchemaReader(api, version).structure(api.messageType.requestSchemas()[version]);
    }

    private static IdentityHashMap<Type, Shape> simpleShapes() {
        IdentityHashMap<Type, Shape> shapes = new IdentityHashMap<>();
        shapes.put(Type.BOOLEAN, new Shape.Fixed(1));
        shapes.put(Type.INT8, new Shape.Fixed(Byte.BYTES));
        shapes.put(Type.INT16, new Shape.Fixed(Short.BYTES));
        shapes.put(Type.UINT16, new Shape.Fixed(Short.BYTES));
        shapes.put(Type.INT32, new Shape.Fixed(Integer.BYTES));
        shapes.put(Type.UNSIGNED_INT32, new Shape.Fixed(Integer.BYTES));
        shapes.put(Type.INT64, new Shape.Fixed(Long.BYTES));
        shapes.put(Type.FLOAT64, new Shape.Fixed(Double.BYTES));
        shapes.put(Type.UUID, new Shape.Fixed(2 * Long.BYTES));
        shapes.put(Type.STRING, new Shape.Text(false, false));
        shapes.put(Type.NULLABLE_STRING, new Shape.Text(false, true));
        shapes.put(Type.COMPACT_STRING, new Shape.Text(true, false));
        shapes.put(Type.COMPACT_NULLABLE_STRING, new Shape.Text(true, true));
        shapes.put(Type.BYTES, new Shape.Blob(false, false));
        shapes.put(Type.NULLABLE_BYTES, new Shape.Blob(false, true));
        shapes.put(Type.COMPACT_BYTES, new Shape.Blob(true, false));
        shapes.put(Type.COMPACT_NULLABLE_BYTES, new Shape.Blob(true, true));
        shapes.put(Type.RECORDS, new Shape.Blob(false, false));
        shapes.put(Type.NULLABLE_RECORDS, new Shape.Blob(false, true));
        shapes.put(Type.COMPACT_RECORDS, new Shape.Blob(true, false));
        shapes.put(Type.COMPACT_NULLABLE_RECORDS, new Shape.Blob(true, true));
        return shapes;
    }

    private Shape structure(Schema schema) {
        List<Shape> fields = new ArrayList<>();
        for (BoundField field : schema.fields()) {
            fields.add(shape(field.def.name, field.def.type));
        }
        return new Shape.Structure(fields);
    }

    private Shape shape(String name, Type type) {
        Shape simple = SIMPLE.get(type);
        return simple != null
                ? simple
                : switch (type) {
                    case Schema schema when schema.isNullable() -> new Shape.Maybe(structure(schema));
                    case Schema schema -> structure(schema);
                    case ArrayOf array -> array(name, array, false);
                    case CompactArrayOf array -> array(name, array, true);
                    case TaggedFields tags -> tags(tags);
                    default -> throw unknown(name, type);
                };
    }

    private Shape array(String name, Type array, boolean compact) {
        Type element = array.arrayElementType().orElseThrow(() -> unknown(name, array));
        return new Shape.Array(name, compact, array.isNullable(), shape(name, element), Keying.of(api, version, name));
    }

    private Shape tags(TaggedFields tags) {
        Map<Integer, Shape> known = new TreeMap<>();
        for (Map.Entry<Integer, Field> tag : tags.fields().entrySet()) {
            known.put(tag.getKey(), shape(tag.getValue().name, tag.getValue().type));
        }
        return new Shape.Tags(Map.copyOf(known));
    }

    private IllegalArgumentException unknown(String name, Type type) {
        return new IllegalArgumentException("field " + name + " of " + api + " " + version + " has type " + type);
    }
}
