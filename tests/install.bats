# make install, uninstall and dist; sockkit --install.

load helper

setup() {
    helper_setup
    SOURCE=$TESTS/..
}

@test "what is installed into an empty root works from there, and uninstall leaves nothing" {
    local root=$DIR/root link manual
    make -C "$SOURCE" install DESTDIR="$root" PREFIX=/usr >log
    run "$root/usr/bin/sockkit" --version
    assert_success
    for link in $("$SOCKKIT" --list); do
        run "$root/usr/bin/sk-$link" --help
        assert_success
        assert_output --partial "sockkit $link"
        for manual in man man/fr; do
            cmp "$root/usr/share/$manual/man1/sk-$link.1" "$SOURCE/$manual/sockkit-$link.1"
        done
        [ -f "$root/usr/share/bash-completion/completions/sk-$link" ]
        [ -f "$root/usr/share/fish/vendor_completions.d/sk-$link.fish" ]
    done
    for manual in man man/fr; do
        (cd "$SOURCE/$manual" && printf '%s\n' *.[17]) | sort >pages
        diff pages <(cd "$root/usr/share/$manual" && printf '%s\n' man1/sockkit* man7/sockkit* | sed 's/.*\///' | sort)
    done
    [ -f "$root/usr/share/zsh/site-functions/_sockkit" ]
    make -C "$SOURCE" uninstall DESTDIR="$root" PREFIX=/usr >log
    run find "$root" ! -type d
    assert_output ''
}

# The sources in the folder given, as a tarball brings them; where these here are of one, as they are.
unpack() {
    if git -C "$SOURCE" rev-parse 2>/dev/null; then
        make -s -C "$SOURCE" dist DIST="$DIR/sources.tar.gz"
        mkdir "$1"
        tar -xzf sources.tar.gz -C "$1" --strip-components=1
    else
        mkdir "$1"
        tar -c -C "$SOURCE" --exclude=./build --exclude=./sockkit . | tar -x -C "$1"
    fi
}

@test "a tarball of the sources builds without git, and what it builds works" {
    unpack sources
    mkdir path
    printf '#!/bin/sh\nexit 1\n' | tee path/git >log
    chmod +x path/git
    env -i PATH="$DIR/path:$PATH" make -s -j 2 -C sources CFLAGS=-O0 >log
    run sources/sockkit --version
    assert_output "$("$SOCKKIT" --version)"
    start_server echo
    run sources/sockkit connect "127.0.0.1:$PORT" hello
    assert_success
    assert_output hello
}

@test "sockkit --install makes a link for each applet" {
    mkdir bin
    run sockkit --install bin
    assert_success
    diff <("$SOCKKIT" --list | sed 's/^/sk-/' | sort) <(cd bin && printf '%s\n' * | sort)
    run bin/sk-serve --help
    assert_output --partial 'sockkit serve'
    run sockkit --install bin
    assert_success
}
