# The Debian package: what lintian says of it, and that it is enough, installed where there is nothing else.
# shellcheck disable=SC2016 # what sh in the bare root expands

load helper

setup_file() {
    make -s -C "$BATS_TEST_DIRNAME/.." deb DEB="$BATS_FILE_TMPDIR/deb"
}

setup() {
    helper_setup
    SOURCE=$TESTS/..
    PACKAGE=$(echo "$BATS_FILE_TMPDIR"/deb/*.deb)
    PATH=$PATH:/usr/sbin:/sbin
    # Who is not root is one in a namespace of users.
    AS_ROOT=()
    [ "$(id -u)" = 0 ] || AS_ROOT=(unshare --map-root-user)
}

# Makes the folder root, which has the libraries of the package and nothing else. dpkg takes their packages for installed.
make_root() {
    local library
    mkdir -p root/proc root/dev root/run root/var/lib/dpkg/{info,updates,triggers}
    dpkg-deb -f "$PACKAGE" Depends | tr ',' '\n' | sed -E 's/^ *([^ ]+).*/\1/' | while read -r library; do
        printf 'Package: %s\nStatus: install ok installed\nArchitecture: %s\nMaintainer: nobody\nVersion: %s\nDescription: none\n\n' \
            "$library" "$(dpkg --print-architecture)" "$(dpkg-query -W -f '${Version}\n' "$library" | head -n 1)"
    done >root/var/lib/dpkg/status
    ldd "$SOCKKIT" | grep -oE '/[^ ]+' | xargs cp -L --parents -t root
}

# An image of a container may leave pages and documents out of what dpkg installs; here they are looked for.
bare_dpkg() { "${AS_ROOT[@]}" dpkg --root="$DIR/root" --log="$DIR/log" --path-include='/usr/share/*' "$@"; }

in_root=(unshare --mount sh -c 'mount --rbind /proc root/proc && mount --rbind /dev root/dev && exec chroot root "$@"' sh)

# All files of the bare root but dpkg's own.
files() { find root -path root/var/lib/dpkg -prune -o -print | sort; }

@test "lintian finds no error in the package and nothing to warn of" {
    run lintian --allow-root --fail-on error,warning "$PACKAGE"
    assert_success
    assert_output ''
}

@test "the same sources make the same package, wherever and whenever" {
    cd "$SOURCE" || return
    umask 077
    TZ=Asia/Tokyo make -s deb DEB="$DIR/elsewhere"
    cmp "$PACKAGE" "$DIR"/elsewhere/*.deb
}

@test "the package asks for a libc that can read packed relocations" {
    objdump -p "$SOCKKIT" >needs
    run dpkg-deb -f "$PACKAGE" Depends
    assert_output --partial 'libc6 (>= 2.'
    ! grep -q GLIBC_ABI_DT_RELR needs || assert_output --regexp 'libc6 \(>= 2\.(3[6-9]|[4-9].)\)'
}

@test "installed into a bare root it works from there, and removed it leaves nothing" {
    local link share=root/usr/share port
    make_root
    files >before
    bare_dpkg --install "$PACKAGE"
    for link in $("$SOCKKIT" --list); do
        gzip -dc "$share/man/man1/sk-$link.1.gz" | cmp - "$SOURCE/man/sockkit-$link.1"
        cmp "$share/bash-completion/completions/sk-$link" "$SOURCE/completions/sockkit.bash"
        cmp "$share/fish/vendor_completions.d/sk-$link.fish" "$SOURCE/completions/sockkit.fish"
    done
    cmp "$share/zsh/vendor-completions/_sockkit" "$SOURCE/completions/_sockkit"
    gzip -dc "$share/man/man7/sockkit-labs.7.gz" | cmp - "$SOURCE/man/sockkit-labs.7"
    gzip -dc "$share/man/fr/man1/sk-echo.1.gz" | cmp - "$SOURCE/man/fr/sockkit-echo.1"

    start "${AS_ROOT[@]}" "${in_root[@]}" /usr/bin/sk-echo -4 -p 0 --port-file /run/port
    wait_for_start root/run/port
    port=$(<root/run/port)
    run "${AS_ROOT[@]}" "${in_root[@]}" /usr/bin/sk-connect "127.0.0.1:$port" hello
    assert_success
    assert_output hello
    stop "$PID"
    assert_equal "$status" 143

    bare_dpkg --purge sockkit
    files | diff before -
}
