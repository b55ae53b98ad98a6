// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/**
 * Small classes compiled on the spot into any package of ours: the violations that prove that a rule can fail, without
 * a line of bad code in the tree. Confined to one thread.
 */
final class CompiledSnippets {
    private final List<JavaFileObject> sources = new ArrayList<>();

    /** Adds a class of that name to the room (empty: the root) with these members. */
    void add(String room, String className, String members) {
        String packageName = packageName(room);
        String text = "package " + packageName + "; public class " + className + " { " + members + " }";
        URI name = URI.create("string:///" + packageName.replace('.', '/') + "/" + className + ".java");
        sources.add(new SimpleJavaFileObject(name, JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return text;
            }
        });
    }

    static String packageName(String room) {
        return room.isEmpty() ? ArchitectureRules.ROOT : ArchitectureRules.ROOT + "." + room;
    }

    /** Compiles everything into the folder and reads it as ArchUnit reads the broker. */
    JavaClasses compile(Path folder) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        List<String> options = List.of(
                "-d", folder.toString(), "-classpath", System.getProperty("java.class.path"), "-proc:none", "-nowarn");
        boolean compiled =
                compiler.getTask(messages, null, null, options, null, sources).call();
        if (!compiled) {
            throw new IOException("snippets do not compile: " + messages);
        }
        return new ClassFileImporter().importPath(folder);
    }
}
