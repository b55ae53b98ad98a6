// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A sorted map of keys in which every change makes a new map that shares all but a few nodes with the old one, so that
 * any number of readers keep the version they began with. Immutable.
 *
 * <p>An AVL tree: the heights of two siblings differ by at most one, and a change copies the path from the root. Each node
 * counts the keys below it that hang on a lease, so that those are found without a walk past all others.
 */
final class KeyTree {

    static final KeyTree EMPTY = new KeyTree(new Leaf());

    private final Node root;

    private KeyTree(Node root) {
        this.root = root;
    }

    private sealed interface Node {
        int height();

        int size();

        int leasedCount();
    }

    private record Leaf() implements Node {
        @Override
        public int height() {
            return 0;
        }

        @Override
        public int size() {
            return 0;
        }

        @Override
        public int leasedCount() {
            return 0;
        }
    }

    private record Branch(Node left, KeyValue entry, Node right, int height, int size, int leasedCount)
            implements Node {
        static Branch of(Node left, KeyValue entry, Node right) {
            int height = 1 + Math.max(left.height(), right.height());
            int leasedHere = entry.leaseId() == Lease.NONE ? 0 : 1;
            return new Branch(
                    left,
                    entry,
                    right,
                    height,
                    left.size() + 1 + right.size(),
                    left.leasedCount() + leasedHere + right.leasedCount());
        }
    }

    /** A tree of entries that come in the order of their keys, each once. */
    static KeyTree ofSorted(List<KeyValue> entries) {
        for (int i = 1; i < entries.size(); i++) {
            String key = entries.get(i).key();
            if (entries.get(i - 1).key().compareTo(key) >= 0) {
                throw new IllegalArgumentException("key " + key + " is out of order");
            }
        }
        return new KeyTree(nodeOf(entries));
    }

    private static Node nodeOf(List<KeyValue> entries) {
        if (entries.isEmpty()) {
            return EMPTY.root;
        }
        int middle = entries.size() / 2;
        return Branch.of(
                nodeOf(entries.subList(0, middle)),
                entries.get(middle),
                nodeOf(entries.subList(middle + 1, entries.size())));
    }

    int size() {
        return root.size();
    }

    Optional<KeyValue> find(String key) {
        Node node = root;
        while (node instanceof Branch branch) {
            int order = key.compareTo(branch.entry().key());
            if (order == 0) {
                return Optional.of(branch.entry());
            }
            node = order < 0 ? branch.left() : branch.right();
        }
        return Optional.empty();
    }

    /** All entries whose key starts with the prefix, in the order of the keys. */
    List<KeyValue> startingWith(String prefix) {
        List<KeyValue> found = new ArrayList<>();
        collect(root, prefix, found);
        return found;
    }

    private static void collect(Node node, String prefix, List<KeyValue> found) {
        if (!(node instanceof Branch branch)) {
            return;
        }
        String key = branch.entry().key();
        boolean matches = key.startsWith(prefix);
        boolean before = !matches && key.compareTo(prefix) < 0;
        if (!before) {
            collect(branch.left(), prefix, found);
        }
        if (matches) {
            found.add(branch.entry());
        }
        if (matches || before) {
            collect(branch.right(), prefix, found);
        }
    }

    /** All entries that hang on a lease, in the order of the keys. */
    List<KeyValue> leased() {
        List<KeyValue> found = new ArrayList<>();
        collectLeased(root, found);
        return found;
    }

    private static void collectLeased(Node node, List<KeyValue> found) {
        if (node.leasedCount() > 0 && node instanceof Branch branch) {
            collectLeased(branch.left(), found);
            if (branch.entry().leaseId() != Lease.NONE) {
                found.add(branch.entry());
            }
            collectLeased(branch.right(), found);
        }
    }

    /** This map with the entry set, in place of one with the same key. */
    KeyTree with(KeyValue entry) {
        return new KeyTree(insert(root, entry));
    }

    private static Node insert(Node node, KeyValue entry) {
        if (!(node instanceof Branch branch)) {
            return Branch.of(node, entry, node);
        }
        int order = entry.key().compareTo(branch.entry().key());
        if (order == 0) {
            return Branch.of(branch.left(), entry, branch.right());
        }
        return order < 0
                ? balanced(insert(branch.left(), entry), branch.entry(), branch.right())
                : balanced(branch.left(), branch.entry(), insert(branch.right(), entry));
    }

    /** This map without the key. */
    KeyTree without(String key) {
        return new KeyTree(remove(root, key));
    }

    private static Node remove(Node node, String key) {
        if (!(node instanceof Branch branch)) {
            return node;
        }
        int order = key.compareTo(branch.entry().key());
        if (order < 0) {
            return balanced(remove(branch.left(), key), branch.entry(), branch.right());
        }
        if (order > 0) {
            return balanced(branch.left(), branch.entry(), remove(branch.right(), key));
        }
        return branch.right() instanceof Branch right
                ? balanced(branch.left(), first(right), withoutFirst(right))
                : branch.left();
    }

    private static KeyValue first(Branch branch) {
        Branch leftmost = branch;
        while (leftmost.left() instanceof Branch left) {
            leftmost = left;
        }
        return leftmost.entry();
    }

    private static Node withoutFirst(Branch branch) {
        return branch.left() instanceof Branch left
                ? balanced(withoutFirst(left), branch.entry(), branch.right())
                : branch.right();
    }

    /** Joins two trees whose heights differ by at most two. */
    private static Node balanced(Node left, KeyValue entry, Node right) {
        if (left instanceof Branch tall && left.height() > right.height() + 1) {
            return tall.right() instanceof Branch inner
                            && inner.height() > tall.left().height()
                    ? Branch.of(
                            Branch.of(tall.left(), tall.entry(), inner.left()),
                            inner.entry(),
                            Branch.of(inner.right(), entry, right))
                    : Branch.of(tall.left(), tall.entry(), Branch.of(tall.right(), entry, right));
        }
        if (right instanceof Branch tall && right.height() > left.height() + 1) {
            return tall.left() instanceof Branch inner
                            && inner.height() > tall.right().height()
                    ? Branch.of(
                            Branch.of(left, entry, inner.left()),
                            inner.entry(),
                            Branch.of(inner.right(), tall.entry(), tall.right()))
                    : Branch.of(Branch.of(left, entry, tall.left()), tall.entry(), tall.right());
        }
        return Branch.of(left, entry, right);
    }

    /** Height of the tree, which is at most 1.45 times the logarithm of its size. */
    int height() {
        return root.height();
    }
}
