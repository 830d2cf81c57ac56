# The house: which room may use which. CONTRIBUTING.md draws the map.

load helper

# From the ground up: a file of common/ uses its own folder and those named before it here.
FLOORS='base loop net io tty cli serve'

setup() {
    helper_setup
    cd "$BATS_TEST_DIRNAME/.." || return
    applets=$("$SOCKKIT" --list)
}

# "FILE INCLUDED" for each #include "..." below the folders given.
includes() {
    grep -rEo --include='*.[ch]' '^[[:space:]]*#[[:space:]]*include[[:space:]]*"[^"]*"' "$@" |
        sed -E 's/:[^"]*"/ /; s/"$//'
}

# Names each include of common/ that goes up, or anywhere but to a floor.
upward() {
    includes common | awk -v floors="$FLOORS" '
        BEGIN { for (n = split(floors, f, " "); n > 0; n--) place["common/" f[n]] = n }
        { from = $1; to = $2; sub(/\/[^\/]*$/, "", from); sub(/\/[^\/]*$/, "", to) }
        !(from in place) || !(to in place) || place[to] > place[from] { print $1 " includes " $2 }'
}

@test "a file of common/ includes from its own folder and from the floors below" {
    run upward
    assert_success
    assert_output ''
}

@test "an applet includes what stands beside it and common/, never another applet" {
    run awk '
        { own = $1; sub(/[^\/]*$/, "", own) }
        $2 !~ /^common\// && !(own != "applets/" && index($2, own) == 1) { print $1 " includes " $2 }
    ' <(includes applets)
    assert_success
    assert_output ''
}

@test "no two files include each other, at any distance" {
    run tsort <(includes common applets)
    assert_success
    refute_output --partial 'tsort:'
}

@test "nothing in common/ knows an applet by name" {
    local name
    perl -0777 -ne 's{/\*.*?\*/}{}gs; print map { "$ARGV: $_\n" } split /\n/' common/*/*.[ch] >"$DIR/code"
    grep -q '^common/base/msg.h: #define' "$DIR/code"
    name="(${applets//$'\n'/|})"
    # In what is no comment: as a string of its own ("connect" is a system call as well), in a command line, or as its constant.
    run grep -E "\"${name/|connect/}\"|'${name}'|(sockkit |sk-)${name}\\b|applet_${name//-/_}\\b" "$DIR/code"
    assert_output ''
}

@test "each applet has a file named after it" {
    local applet
    for applet in $applets; do
        run find applets -name "$applet.c"
        assert_output --regexp "^applets/([a-z]+/)?$applet\.c$"
    done
}

@test "a platform difference is a file: no .c has an #if" {
    run grep -rnE --include='*.c' '^[[:space:]]*#[[:space:]]*(if|elif)' main.c applets common
    assert_output ''
}

@test "a cause is zeroed where it is made, so that none is told that was never set" {
    run grep -rnE --include='*.c' '^[[:space:]]+struct cause [a-z_]+;' main.c applets common
    assert_output ''
}
