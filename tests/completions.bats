# The completions: written from the option tables, and understood by the shells they are for.

load helper

setup() {
    helper_setup
    cd "$BATS_TEST_DIRNAME/.." || return
}

@test "the completions in the tree are those of the option tables" {
    local shell file
    for shell in bash zsh fish; do
        case $shell in bash) file=sockkit.bash ;; zsh) file=_sockkit ;; fish) file=sockkit.fish ;; esac
        "$SOCKKIT" --dump-options | completions/generate "$shell" | cmp - "completions/$file"
    done
}

# What bash offers for the last of the words.
bash_offers() {
    bash --norc -c '
        . completions/sockkit.bash
        compopt() { :; }
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _sockkit
        printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
}

@test "bash offers applets, options and their values" {
    run bash_offers sockkit se
    assert_output serve
    run bash_offers sockkit connect --ret
    assert_output --retry
    run bash_offers sk-serve --on
    assert_output --once
    run bash_offers sockkit serve -O nodel
    assert_output nodelay=
    run bash_offers sockkit serve -O interface = l
    assert_line lo
    run bash_offers sockkit connect localh
    assert_line localhost
    run bash_offers sockkit connect -p htt
    assert_line http
    touch "$DIR/some-file"
    run bash_offers sockkit connect -o "$DIR/some"
    assert_output "$DIR/some-file"
    run bash_offers sockkit help pro
    assert_output probe
    run bash_offers sockkit connect --proxy so
    assert_output $'socks5://\nsocks4://'
    run bash_offers sockkit probe ht
    assert_output $'http://\nhttp+unix:'
    run bash_offers sockkit connect un
    assert_output unix:
    run bash_offers sockkit probe localh
    assert_line localhost
}

@test "fish offers applets, options and their values" {
    run fish --no-config -c 'source completions/sockkit.fish; complete -C "sockkit se"; complete -C "sockkit serve --onc"; complete -C "sk-connect --retr"; complete -C "sockkit serve -O nodel"; complete -C "sockkit probe udp"'
    assert_line --regexp '^serve'
    assert_line --regexp '^--once'
    assert_line --regexp '^--retry'
    assert_line --regexp 'nodelay='
    assert_line 'udp://'
}

# What a real shell on a terminal of its own does at a Tab: at_terminal SCRIPT SHELL [ARG]...; the script (Python) has say() and until().
at_terminal() {
    run python3 - "$@" <<'PY'
import os, pty, select, sys, time
pid, fd = pty.fork()
if pid == 0:
    os.environ.update(TERM='dumb', PS1='% ')
    os.execvp(sys.argv[2], sys.argv[2:])
seen = b''
def until(what, seconds=20):
    global seen
    end = time.monotonic() + seconds
    while what not in seen:
        if not select.select([fd], [], [], max(0, end - time.monotonic()))[0]:
            sys.exit('waited for %r, saw %r' % (what, seen))
        seen += os.read(fd, 65536).replace(b"\a", b"")
    out, seen = seen, b''
    return out
def say(text): os.write(fd, text.encode())
exec(sys.argv[1])
say('\x15exit\n')
os.waitpid(pid, 0)
PY
    assert_success
}

@test "bash completes a path as a path, behind = too" {
    mkdir -p "$DIR/some folder"
    at_terminal '
say("cd \"$DIR\"; bind \"set enable-bracketed-paste off\"; . \"$SCRIPT\"; echo rea\"\"dy\n"); until(b"ready")
say("sk-serve -o so\t"); until(b"sk-serve -o some\\ folder/")
say("\x15sk-serve --output=so\t"); until(b"--output=some\\ folder/")
say("\x15sockkit --install so\t"); until(b"--install some\\ folder/")
say("\x15sk-serve --port=htt\t"); until(b"--port=http")' \
        env "DIR=$DIR" "SCRIPT=$PWD/completions/sockkit.bash" bash --norc -i
}

# It completes in an interactive shell alone.
@test "zsh offers applets, options and their values" {
    at_terminal '
say("fpath=($SCRIPTS $fpath); autoload -U compinit; compinit -u -D; LISTMAX=0; print rea\"\"dy\n"); until(b"ready")
say("sockkit serv\t"); until(b"sockkit serve ")
say("--onc\t"); until(b"--once ")
say("-O nodel\t"); until(b"nodelay=")
say("\x15sk-probe ud\t"); until(b"udp:")
say("\x15sk-connect --retr\t"); until(b"--retry ")' \
        env "SCRIPTS=$PWD/completions" zsh -f -i
}
