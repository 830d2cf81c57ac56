# The line that is being typed at a terminal: its keys, its bound, and what is seen of it.
# shellcheck disable=SC2034,SC2154,SC2016,SC2059

load helper
load terminal

setup() { terminal_setup; }
teardown() { terminal_teardown; }

@test "a line is edited with the keys of a shell" {
    talk
    type_keys abc Left Left X Home Y End Z C-a 1 C-e 2
    wait_for_screen '1YaXbcZ2'
    type_keys Enter
    wait_until_heard '1YaXbcZ2\n'
    type_keys 'one two three' C-w C-w C-y BSpace C-b C-b DC C-f C-h x
    wait_for_screen $'1YaXbcZ2\none tx'
    type_keys C-a C-k C-y C-u C-y Left C-d ! Enter
    wait_until_heard '1YaXbcZ2\none t!\n'
    wait_for_screen $'1YaXbcZ2\none t!'
    say_goodbye
}

@test "Home, End and Delete in the encodings of all terminals" {
    talk
    for keys in $'\e[H:\e[F' $'\eOH:\eOF' $'\e[1~:\e[4~' $'\e[7~:\e[8~'; do
        type_text "b${keys%:*}a${keys#*:}c"
        type_text $'d\e[D\e[3~\r'
    done
    wait_until_heard 'abc\nabc\nabc\nabc\n'
}

@test "older lines come back with the arrows and with Ctrl-P and Ctrl-N" {
    talk
    type_keys one Enter two Enter new Up Up
    wait_for_screen $'one\ntwo\none'
    type_keys Down Down
    wait_for_screen $'one\ntwo\nnew'
    type_keys C-p C-p C-n ! Enter
    wait_until_heard 'one\ntwo\ntwo!\n'
}

@test "UTF-8, wide and combining characters are edited whole" {
    talk
    type_text $'h\u00e9 \u6f22\u5b57 e\u0301x'
    type_keys Left BSpace Left BSpace 1 End 2
    wait_for_screen $'h\u00e9 \u6f221 x2'
    assert_equal "$(tm display-message -p '#{cursor_x}')" 9
    type_keys Enter
    wait_until_heard 'h\xc3\xa9 \xe6\xbc\xa21 x2\n'
}

@test "a line longer than the screen is edited, on 20 columns" {
    local COLUMNS_WANTED=20
    talk
    type_text abcdefghijklmnopqrstuvwxyz
    type_text $'\u6f22\u5b57'
    wait_for_text 'xyz漢字$'
    run screen
    assert_equal "${#lines[@]}" 1
    type_keys Home X
    wait_for_screen 'Xabcdefghijklmnopqr'
    type_keys End Left BSpace Enter
    wait_until_heard 'Xabcdefghijklmnopqrstuvwxyz\xe5\xad\x97\n'
    wait_for_screen $'Xabcdefghijklmnopqrs\ntuvwxyz字'
}

@test "a terminal that changes its size: the line goes on" {
    talk
    partner_says "$(seq -f '%g\n' -s '' 30)"
    wait_for_text '^30$'
    type_text 0123456789abcdefghijklmnopqrstuvwxyz
    wait_for_text xyz
    tm resize-window -x 30
    wait_for_text '^[a-z]*xyz$'
    run screen
    refute_line --regexp '^0123'
    assert_line 30
    type_keys Home X
    wait_for_text '^X0123456789abcdefghijklmnopqr$'
    tm resize-window -x 100
    wait_for_text '^X0123456789abcdefghijklmnopqrstuvwxyz$'
    type_keys Enter
    wait_until_heard 'X0123456789abcdefghijklmnopqrstuvwxyz\n'
}

@test "many lines that are pasted at once are all sent, in order" {
    talk
    seq 3000 >lines
    printf 'the last, not finished' >>lines
    tm load-buffer lines
    tm paste-buffer
    wait_for_text '^the last, not finished$'
    wait_until_heard "$(seq -f '%g\n' -s '' 3000)"
    type_keys Enter
    wait_until_heard "$(seq -f '%g\n' -s '' 3000)the last, not finished\n"
}

@test "Ctrl-L clears the screen but for the line" {
    talk
    partner_says 'text\nlogin: '
    type_keys me
    wait_for_screen $'text\nlogin: me'
    type_keys C-l
    wait_for_screen 'login: me'
}

@test "a line of a mebibyte is sent whole" {
    talk
    head -c $((1024 * 1024)) /dev/zero | tr '\0' x >line
    echo >>line
    tm load-buffer line
    tm paste-buffer
    wait_until cmp -s "$SERVER_OUT" line
}

@test "what is typed beyond the bound of a line is told once a line" {
    talk
    head -c $((1024 * 1024 - 1)) /dev/zero | tr '\0' x >line
    tm load-buffer line
    tm paste-buffer
    type_keys yzz
    wait_for_text 'a line that is typed has at most 1048576 bytes: what would exce'
    wait_for_text 'x{20}y$'
    run screen
    assert_equal "$(grep -c 'a line that is typed' <<<"$output")" 1
}

@test "what a terminal says by itself is no typing" {
    talk
    type_text $'a\e]11;rgb:0000/0000/0000\e\\b\e]0;title\ac\eP>|tmux 3\e\\d\e[M !!e\e[24;80Rf\e[?62;1;2;6;9;15;22cg\r'
    wait_until_heard 'abcdefg\n'
    wait_for_screen abcdefg
}

# It is seen at once, or never.
seen_when_typed() {
    type_text "$1"
    WAIT=0 wait_until screen_has "$2"
}

@test "Alt-] takes nothing of what is typed a while later" {
    talk
    type_text $'a\e]'
    wait_until seen_when_typed b '^ab+$'
}

cursor_at() { [ "$(tm display-message -p '#{cursor_x}')" = "$1" ]; }

@test "an emoji of several, a flag and a soft hyphen take the columns that they are seen in" {
    talk
    type_text $'\U1f468\u200d\U1f469\u200d\U1f467|\U1f1eb\U1f1f7|a\u00adb|'
    wait_until cursor_at 10
    type_keys Left Left BSpace Left Left Left X
    wait_until cursor_at 4
    type_keys Enter
    wait_until_heard '\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7|X\xf0\x9f\x87\xab\xf0\x9f\x87\xb7|ab|\n'
}

@test "no line vanishes where the cursor waits at the edge of a terminal that becomes narrower" {
    talk
    partner_says 'above\n'
    type_text 0123456789abcdefghijklmnopqrst
    wait_for_text 'qrst$'
    tm resize-window -x 30
    wait_for_screen $'above\nfghijklmnopqrst'
    tm resize-window -x 80
    wait_for_screen $'above\n0123456789abcdefghijklmnopqrst'
}

@test "an unfinished line of the peer's stays whole when the terminal becomes narrower" {
    talk
    partner_says 'above\na question of thirty columns: '
    type_keys me
    wait_for_screen $'above\na question of thirty columns: me'
    tm resize-window -x 15
    wait_for_screen $'a question of t\nhirty columns:\nme'
    run tm capture-pane -p -S -
    assert_line above
    partner_says 'text\n'
    wait_for_screen $'a question of t\nhirty columns:\ntext\nme'
}
