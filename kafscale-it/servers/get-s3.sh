#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Puts real S3 servers into a folder, built from their Go modules: versitygw (S3 on a plain folder), and MinIO when asked
# for. What is there already is left alone. Needs Go; versitygw takes about a minute.
#
#   TOOLS_DIR   where to (default: ~/.cache/kafscale-tools/bin)
#   S3_PARTS    which (default: versitygw; any of: versitygw minio)
#   FORCE=1     build again what is there
#   VERSITYGW_VERSION, MINIO_VERSION   module versions
#
# versitygw is Apache-2.0, MinIO AGPL-3.0; the tests run them as processes of their own.
set -euo pipefail

tools=${TOOLS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/kafscale-tools/bin}
versitygw=${VERSITYGW_VERSION:-v1.8.0}
# MinIO's release tags are no module versions.
minio=${MINIO_VERSION:-v0.0.0-20260212201848-7aac2a2c5b7c}

build() { # name package version [linker flags]
    if [ -x "$tools/$1" ] && [ -z "${FORCE:-}" ]; then
        echo "$1 is in $tools"
        return
    fi
    command -v go >/dev/null || { echo "$1 cannot be built: there is no Go" >&2; return 1; }
    local folder
    folder=$(mktemp -d)
    # without symbols a third smaller
    if ! GOBIN=$folder CGO_ENABLED=0 go install -trimpath -ldflags "-s -w ${4:-}" "$2@$3" 2>"$folder/log"; then
        grep -v '^go: downloading' "$folder/log" | tail -20 >&2
        rm -rf "$folder"
        return 1
    fi
    mkdir -p "$tools"
    mv "$folder/$1" "$tools/$1"
    rm -rf "$folder"
    echo "$1 $3 is in $tools"
}

for part in ${S3_PARTS:-versitygw}; do
    case $part in
        versitygw)
            build versitygw github.com/versity/versitygw/cmd/versitygw "$versitygw" \
                "-X main.Version=$versitygw -X main.Build=$versitygw"
            ;;
        minio)
            build minio github.com/minio/minio "$minio" \
                "-X github.com/minio/minio/cmd.Version=$minio -X github.com/minio/minio/cmd.ReleaseTag=$minio"
            ;;
        *)
            echo "unknown part: $part" >&2
            exit 2
            ;;
    esac
done
