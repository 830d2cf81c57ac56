# The shape of the sources: who may know whom.

load helper

# From the ground up. A module may use those of the lines above its own. What stands behind a slash are further
# files of the module before it; a file named MODULE_SOMETHING.c is one of MODULE's without being told.
LAYERS='
ground      mem text/utf8/width letter msg posix
mechanisms  addr buf loop opt fanout
            cidr line crlf tap template sysinfo trace cmdlang guessing row editor json ports stats reader room
            sock
            sockopt
endpoints   sig sandbox source
            net stream dgram proc sink
            label screen attempt dgramsink printer
            applet term meter probing
            ready workers targets
services    server relay
talk        textserver responder
'

setup() {
    helper_setup
    cd "$BATS_TEST_DIRNAME/.." || return
    applets=$(cd applets && printf '%s\n' *.c | sed 's/\.c$//')
}

# Prints "MODULE LINE" for a file's name without its suffix; nothing when the table does not have it.
place_of() {
    awk -v file="$1" '
        { for (i = 1; i <= NF; i++) {
            n = split($i, names, "/")
            for (j = 1; j <= n; j++)
                if (file == names[j] || index(file, names[1] "_") == 1) { print names[1], NR; exit }
        } }' <<<"$LAYERS"
}

@test "a file of common/ includes only from layers below its own" {
    local file own mine other module its
    for file in common/*.[ch]; do
        read -r own mine <<<"$(place_of "$(basename "${file%.*}")")"
        [ -n "$mine" ] || echo "$file is of no layer"
        while read -r other; do
            read -r module its <<<"$(place_of "$other")"
            [ "$module" = "$own" ] || ((${its:-99} < mine)) || echo "$file includes $other.h"
        done < <(sed -nE 's/^[[:space:]]*#[[:space:]]*include "([^"]*)\.h"/\1/p' "$file")
    done >"$DIR/wrong"
    run cat "$DIR/wrong"
    assert_output ''
}

@test "an applet, and main, include nothing but common/" {
    run sed -nE '/#[[:space:]]*include "(\.\.\/)?common\/[a-z_]+\.h"/!s/^[[:space:]]*#[[:space:]]*include "/&/p' main.c applets/*.c
    assert_success
    assert_output ''
    run find applets -type f ! -name '*.c'
    assert_output ''
}

@test "nothing in common/ knows an applet by name" {
    local file name
    for file in common/*.[ch]; do
        cc -fpreprocessed -dD -E -P "$file" 2>/dev/null | sed "s|^|$file: |" # without its comments
    done >"$DIR/code"
    [ -s "$DIR/code" ]
    name="(${applets//$'\n'/|})"
    # As a string of its own ("connect" is a system call as well), in a command line, or as its constant.
    run grep -E "\"${name/|connect/}\"|'${name}'|(sockkit |sk-)${name}\\b|applet_${name//-/_}\\b" "$DIR/code"
    assert_output ''
}

@test "each applet is one file, named after it" {
    run "$SOCKKIT" --list
    assert_success
    assert_equal "$(sort <<<"$output")" "$(sort <<<"$applets")"
}

@test "a platform difference is a file: no .c has an #if" {
    run grep -nE '^[[:space:]]*#[[:space:]]*(if|elif)' main.c applets/*.c common/*.c
    assert_output ''
}
