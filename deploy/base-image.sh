#!/usr/bin/env bash
# Makes the base image of the services from Debian packages and this machine's .NET runtime, where mcr.microsoft.com is not reached.
# usage: base-image.sh REGISTRY/NAME:TAG      such as base-image.sh localhost:5000/base:1
# Needs a Debian machine with the .NET SDK, skopeo and umoci; no container engine. TLS_VERIFY=false for a registry without TLS.
set -euo pipefail
image=${1:?usage: $0 REGISTRY/NAME:TAG}
dotnet=${DOTNET_ROOT:-$(dirname "$(readlink -f "$(command -v dotnet)")")}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root"/{etc/ssl/certs,tmp,usr/{bin,sbin,lib,lib64},usr/share/dotnet/shared}
for link in bin sbin lib lib64; do ln -s "usr/$link" "$root/$link"; done

mkdir -p "$work/packages" "$root/var/lib/dpkg/status.d"
(cd "$work/packages" && apt-get download -qq -o APT::Sandbox::User=root \
  base-files ca-certificates libc6 libgcc-s1 libgomp1 libssl3 libstdc++6 tzdata zlib1g)
for package in "$work"/packages/*.deb; do
  dpkg-deb --fsys-tarfile "$package" | tar --extract --keep-directory-symlink --directory "$root"
  # Scanners read here which packages there are.
  dpkg-deb --field "$package" >"$root/var/lib/dpkg/status.d/$(dpkg-deb --field "$package" Package)"
done
cat "$root"/usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
printf 'root:x:0:0:root:/root:/sbin/nologin\napp:x:1654:0:app:/tmp:/sbin/nologin\n' >"$root/etc/passwd"
printf 'root:x:0:\n' >"$root/etc/group"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"

cp -r "$dotnet/host" "$dotnet/dotnet" "$root/usr/share/dotnet/"
for runtime in Microsoft.NETCore.App Microsoft.AspNetCore.App; do
  newest=$(ls "$dotnet/shared/$runtime" | sort -V | tail -1)
  mkdir -p "$root/usr/share/dotnet/shared/$runtime" && cp -r "$dotnet/shared/$runtime/$newest" "$root/usr/share/dotnet/shared/$runtime/"
done
ln -s /usr/share/dotnet/dotnet "$root/usr/bin/dotnet"

umoci init --layout "$work/layout"
umoci new --image "$work/layout:base"
umoci insert --image "$work/layout:base" "$root" /
umoci config --image "$work/layout:base" --config.user 1654:0 --config.env DOTNET_RUNNING_IN_CONTAINER=true --config.env PATH=/usr/bin \
  --config.env DOTNET_VERSION="$(ls "$root/usr/share/dotnet/shared/Microsoft.NETCore.App")"
skopeo copy --quiet --dest-tls-verify="${TLS_VERIFY:-true}" "oci:$work/layout:base" "docker://$image"
