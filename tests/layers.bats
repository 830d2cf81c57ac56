# The shape of the sources: who may know whom.

load helper

# From the ground up. A module may use those of the lines above its own. What stands behind a slash are further
# files of the module before it; a file named MODULE_SOMETHING.c is one of MODULE's without being told.
LAYERS='
ground      mem text/utf8/width letter posix
            msg
mechanisms  addr buf loop opt fanout
            cidr line crlf tap template sysinfo trace cmdlang guessing row editor json ports stats reader room cutter bucket chronicle
            sock couple roster
            sockopt
endpoints   sig sandbox source become
            net stream dgram proc sink
            label screen attempt recipient printer display talker
            applet term meter probing dgramsink
            ready workers targets outgoing console
services    server relay
            feed handover
talk        textserver responder
'

setup() {
    helper_setup
    cd "$BATS_TEST_DIRNAME/.." || return
    applets=$(cd applets && printf '%s\n' *.c | sed 's/\.c$//')
}

# Names each file of common/ that no layer has, and each include that goes sideways or up.
wrong_includes() {
    LAYERS=$LAYERS awk '
        BEGIN {
            lines = split(ENVIRON["LAYERS"], line, "\n")
            for (i = 1; i <= lines; i++) {
                words = split(line[i], word, " ")
                for (w = (line[i] ~ /^ / ? 1 : 2); w <= words; w++) {
                    names = split(word[w], name, "/")
                    for (n = 1; n <= names; n++) { module[name[n]] = name[1]; place[name[n]] = i }
                }
            }
        }
        # The module of a file: its name, or what stands before its last underscore.
        function module_of(file) {
            while (!(file in module) && sub(/_[a-z0-9]*$/, "", file)) {}
            return module[file]
        }
        FNR == 1 {
            file = FILENAME
            gsub(/^common\/|\.[ch]$/, "", file)
            own = module_of(file)
            if (own == "") print FILENAME " is of no layer"
        }
        /^[ \t]*#[ \t]*include[ \t]*"/ {
            split($0, part, "\"")
            sub(/\.h$/, "", part[2])
            other = module_of(part[2])
            if (other != own && !(other != "" && place[other] < place[own])) print FILENAME " includes " part[2] ".h"
        }' common/*.[ch]
}

@test "a file of common/ includes only from layers below its own" {
    run wrong_includes
    assert_success
    assert_output ''
}

@test "the map in CONTRIBUTING.md names every module of common/, and no other" {
    local there named
    there=$(cd common && printf '%s\n' *.h | sed 's/\.h$//' | sort)
    named=$(sed -n '/^| layer/,/^$/p' CONTRIBUTING.md | grep -oE '`[a-z_0-9]+`' | tr -d '\`' | sort)
    assert_equal "$named" "$there"
}

@test "an applet, and main, include nothing but common/" {
    run sed -nE '/#[[:space:]]*include "(\.\.\/)?common\/[a-z_]+\.h"/!s/^[[:space:]]*#[[:space:]]*include "/&/p' main.c applets/*.c
    assert_success
    assert_output ''
    run find applets -type f ! -name '*.c'
    assert_output ''
}

@test "nothing in common/ knows an applet by name" {
    local name
    perl -0777 -ne 's{/\*.*?\*/}{}gs; print map { "$ARGV: $_\n" } split /\n/' common/*.[ch] >"$DIR/code"
    grep -q '^common/msg.h: #define' "$DIR/code"
    name="(${applets//$'\n'/|})"
    # In what is no comment: as a string of its own ("connect" is a system call as well), in a command line, or as its constant.
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
