#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Prints the home of a JDK that can build and run KafScale; says what to install and exits 1 if there is none.
# First JAVA_HOME, then the java on the PATH, then the places where JDKs are usually put, or only those directly below
# JDK_SEARCH_DIR if that is set. Of several in those places: the newest with long-term support, else the newest.
set -u

least=21
tried=

# Major version of the JDK at $1; nothing if there is no complete JDK. Reads a file, since starting a JVM is slow.
major() {
    [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 0
    sed -n 's/^JAVA_VERSION="\([0-9][0-9]*\).*/\1/p' "$1/release" | head -n 1
}

# Succeeds if a JDK of the version $2 was found at $1 and is new enough; notes down what was seen otherwise.
fits() {
    [ -n "$2" ] && [ "$2" -ge "$least" ] && return 0
    tried="$tried
  $1: ${2:-no JDK}"
    return 1
}

# Home of the java on the PATH: through its links, or from itself where a version manager put a script in between.
home_of_path() {
    java=$(command -v java) || return 0
    while [ -L "$java" ]; do
        link=$(readlink "$java")
        case $link in
            /*) java=$link ;;
            *) java=$(dirname "$java")/$link ;;
        esac
    done
    home=$(cd "$(dirname "$java")/.." && pwd -P)
    if [ ! -r "$home/release" ]; then
        home=$(java -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.home = //p')
    fi
    printf '%s\n' "$home"
}

# Keeps $1 as the best so far if it beats what is kept.
best_home=
best_rank=0
weigh() {
    version=$(major "$1")
    [ -n "$version" ] || return 0
    fits "$1" "$version" || return 0
    rank=$version
    [ $(((version - 21) % 4)) -ne 0 ] || rank=$((version + 1000))
    if [ "$rank" -gt "$best_rank" ]; then
        best_home=$1
        best_rank=$rank
    fi
}

if [ -n "${JAVA_HOME:-}" ] && fits "JAVA_HOME=$JAVA_HOME" "$(major "$JAVA_HOME")"; then
    printf '%s\n' "$JAVA_HOME"
    exit 0
fi

on_path=$(home_of_path)
if [ -n "$on_path" ] && fits "java on the PATH, $on_path" "$(major "$on_path")"; then
    printf '%s\n' "$on_path"
    exit 0
fi

if [ -n "${JDK_SEARCH_DIR+set}" ]; then
    for home in "$JDK_SEARCH_DIR"/*; do weigh "$home"; done
else
    for home in /usr/lib/jvm/* /usr/lib64/jvm/* /usr/java/* /usr/local/java/* /opt/* /opt/java/* \
        /Library/Java/JavaVirtualMachines/*/Contents/Home \
        /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
        /usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
        "${HOME:-/nowhere}"/Library/Java/JavaVirtualMachines/*/Contents/Home \
        "${HOME:-/nowhere}"/.sdkman/candidates/java/* "${HOME:-/nowhere}"/.jdks/* \
        "${HOME:-/nowhere}"/.gradle/jdks/*; do
        weigh "$home"
    done
fi
if [ -n "$best_home" ]; then
    printf '%s\n' "$best_home"
    exit 0
fi

cat >&2 <<END
KafScale needs a JDK $least or newer, and none was found.
Looked at:${tried:- JAVA_HOME (not set), java on the PATH (none), the usual folders (no JDK)}
Install one (a JDK with javac, not only a JRE), for example
  Debian 13, Ubuntu:  apt-get install openjdk-21-jdk-headless
  Fedora:             dnf install java-21-openjdk-devel
  macOS:              brew install openjdk
  anything else:      https://adoptium.net
or set JAVA_HOME to the JDK that should be used.
END
exit 1
