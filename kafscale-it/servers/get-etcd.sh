#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Puts etcd, etcdctl and etcdutl into a folder. What is there already is left alone.
#
#   TOOLS_DIR      where to (default: ~/.cache/kafscale-tools/bin)
#   ETCD_FROM      go: built from its Go modules, in a version of choice, a minute or two
#                  deb: Debian's packages, downloaded and unpacked only, some seconds
#                  auto (default): go where there is Go, else deb
#   ETCD_VERSION   of the Go modules (default: v3.6.16)
#   ETCD_SUITE     of Debian (default: sid, since older suites have older releases)
#   FORCE=1        get again what is there
set -euo pipefail

tools=${TOOLS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/kafscale-tools/bin}
version=${ETCD_VERSION:-v3.6.16}
suite=${ETCD_SUITE:-sid}
from=${ETCD_FROM:-auto}
if [ "$from" = auto ]; then
    if command -v go >/dev/null; then from=go; else from=deb; fi
fi

if [ -x "$tools/etcd" ] && [ -x "$tools/etcdctl" ] && [ -x "$tools/etcdutl" ] && [ -z "${FORCE:-}" ]; then
    echo "etcd is in $tools"
    exit 0
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"

# The server's go.mod has replace directives, which `go install` refuses: a throw-away module requires it instead.
from_go() {
    printf 'module throwaway/etcd\n\ngo 1.24\n\nrequire (\n' >"$folder/go.mod"
    local module
    for module in server etcdctl etcdutl; do
        printf '\tgo.etcd.io/etcd/%s/v3 %s\n' "$module" "$version" >>"$folder/go.mod"
    done
    echo ')' >>"$folder/go.mod"
    mkdir "$folder/bin"
    for module in server etcdctl etcdutl; do
        local name=$module
        [ "$module" != server ] || name=etcd
        (cd "$folder" && CGO_ENABLED=0 go build -mod=mod -trimpath -ldflags='-s -w' -o "bin/$name" \
            "go.etcd.io/etcd/$module/v3" 2>"$folder/log") || {
            grep -v '^go: downloading' "$folder/log" | tail -20 >&2
            return 1
        }
    done
}

# With lists and a cache of its own, so that the machine's packages and sources stay as they are.
from_deb() {
    mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial" "$folder/bin"
    mirror() {
        apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' 2>/dev/null |
            sed -n '\#/debian/*$#{p;q}'
    }
    local uri
    uri=$(mirror)
    if [ -z "$uri" ]; then
        apt-get -q update >/dev/null
        uri=$(mirror)
    fi
    [ -n "$uri" ] || { echo "there is no Debian mirror among the sources of apt" >&2; return 1; }
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $suite main" >"$folder/sources.list"
    local options=(-q -o "Dir::Etc::sourcelist=$folder/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o "Dir::State::lists=$folder/lists" -o "Dir::Cache=$folder/cache")
    cd "$folder"
    apt-get "${options[@]}" update >/dev/null
    apt-get "${options[@]}" download etcd-server etcd-client >/dev/null 2>&1
    local package
    for package in *.deb; do
        dpkg -x "$package" unpacked
    done
    cp unpacked/usr/bin/etcd* bin/
    cd - >/dev/null
}

"from_$from"
mkdir -p "$tools"
install -m 755 "$folder"/bin/etcd* "$tools/"
"$tools/etcd" --version | sed -n 1p
echo "etcd is in $tools"
