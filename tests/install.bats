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
    done
    for manual in man man/fr; do
        (cd "$SOURCE/$manual" && printf '%s\n' *.[17]) | sort >pages
        diff pages <(cd "$root/usr/share/$manual" && printf '%s\n' man1/sockkit* man7/sockkit* | sed 's/.*\///' | sort)
    done
    [ -f "$root/usr/share/bash-completion/completions/sockkit" ]
    [ -f "$root/usr/share/zsh/site-functions/_sockkit" ]
    [ -f "$root/usr/share/fish/vendor_completions.d/sockkit.fish" ]
    make -C "$SOURCE" uninstall DESTDIR="$root" PREFIX=/usr >log
    run find "$root" ! -type d
    assert_output ''
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
