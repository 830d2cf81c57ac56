# shellcheck shell=bash disable=SC2034,SC2059
# terminal: a terminal for the tests that need one (`load helper; load terminal`): tmux with a server of its own.
#
#   terminal COMMAND [ARG]...   a terminal of $COLUMNS_WANTED (80) columns on which it runs; what stty says before and after is in
#                               modes.before and modes.after, its status, once it has ended, in status.file
#   shell                       a terminal with a bash, for job control; its prompt is "$ "
#   type_keys KEY...            tmux's names (C-a, Home, Enter), or text
#   type_text TEXT              as it is
#   screen                      prints what is seen, without blank lines at the end
#   wait_for_screen TEXT        until exactly that is seen
#   wait_for_text REGEX         until a line of it matches (grep -E)
#   wait_for_joined REGEX       until its lines, joined, match: where a slow machine may have ended one
#   wait_for_end                until the command has ended: sets status; the terminal must be as it was
#   modes                       prints what stty says now
#   tm ARG...                   tmux
#
# The peer, for `terminal sockkit connect ":$PORT"`:
#   start_partner               a server whose one client hears what is written to $FEED_FD; $SERVER_OUT has what the client sent
#   partner_says TEXT           as printf writes it
#   talk [ARG]...               a terminal with `sockkit connect -v ARG...` to a partner, its screen empty
#   wait_until_heard TEXT       until that, as printf writes it, is all that the partner heard
#   say_goodbye                 ends both
#   modes_are_back              true when the terminal is as it was before

tm() { tmux -S "$DIR/tmux" -f /dev/null "$@"; }

# The tracer of LeakSanitizer dies of the SIGHUP that ends a terminal, and the process that it traced then waits for ever.
terminal_setup() {
    export ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0"
    helper_setup
    unset NO_COLOR
    export TERM=xterm-256color LC_ALL=C.UTF-8
}

terminal_teardown() {
    local pid
    if [ -S "$DIR/tmux" ]; then
        [ -n "${BATS_TEST_COMPLETED:-}" ] || screen
        pid=$(tm display-message -p '#{pid}') && tm kill-server && wait_until gone "$pid"
    fi
    close_feed # the partner ends with it; a signal in the middle of its end would hang a leak checker
    [ -z "${PARTNER_PID:-}" ] || WAIT=5 wait_until gone "$PARTNER_PID" || :
    PARTNER_PID=
    helper_teardown
}

new_terminal() {
    (
        close_inherited
        exec tmux -S "$DIR/tmux" -f /dev/null -u new-session -d -x "${COLUMNS_WANTED:-80}" -y 24 "${FRESH[@]}" TERM="${TERM_WANTED-tmux-256color}" "$@" </dev/null
    )
}

terminal() {
    [ "$1" != sockkit ] || set -- "$SOCKKIT" "${@:2}"
    # shellcheck disable=SC2016
    new_terminal sh -c 'trap : INT QUIT TSTP
        stty -g >modes.before
        "$@"
        status=$?
        stty -g >modes.after
        echo $status >status.new
        mv status.new status.file
        exec cat' sh "$@"
}

shell() { new_terminal "SOCKKIT=$SOCKKIT" 'PS1=$ ' bash --norc --noprofile -i; }

type_keys() { tm send-keys -- "$@"; }
type_text() { tm send-keys -l -- "$1"; }

screen() { tm capture-pane -p | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'; }
screen_is() { [ "$(screen)" = "$1" ]; }
screen_has() { screen | grep -qE -e "$1"; }
joined_has() { screen | tr -d '\n' | grep -qE -e "$1"; }
wait_for_joined() { wait_until joined_has "$1"; }
wait_for_screen() { wait_until screen_is "$1"; }
wait_for_text() { wait_until screen_has "$1"; }

modes() { stty -g -F "$(tm display-message -p '#{pane_tty}')"; }

wait_for_end() {
    wait_for_file status.file
    status=$(<status.file)
    assert_equal "$(<modes.after)" "$(<modes.before)"
}

start_partner() {
    open_feed
    STDIN=$FEED start_serve --once -q
    PARTNER_PID=$SERVER_PID
}

partner_says() { printf "$1" >&"$FEED_FD"; }

talk() {
    start_partner
    terminal sockkit connect -v "$@" "127.0.0.1:$PORT"
    wait_for_text '^connected to'
    tm send-keys -R
    wait_for_screen ''
}

same_bytes() { cmp -s "$1" <(printf "$2"); }
heard() { same_bytes "$SERVER_OUT" "$1"; }
wait_until_heard() { wait_until heard "$1"; }

say_goodbye() {
    close_feed
    wait_for_exit "$SERVER_PID"
    assert_equal "$status" 0
    wait_for_end
    assert_equal "$status" 0
}

modes_are_back() { [ "$(modes)" = "$(<modes.before)" ]; }
