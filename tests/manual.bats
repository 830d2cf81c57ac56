# The manual: every applet has a page, every page says what --help says, and every example works as printed.

load helper

setup() {
    helper_setup
    MAN=$TESTS/../man
}

# The long options of an applet's own, and the shared ones, from the option tables.
options_of() { "$SOCKKIT" --dump-options | awk -F '\t' -v a="$1" '$1 == a { print $2; if ($3) print $3 }' | sort -u; }

# The options that a page documents: the .It lines of its lists.
documented() {
    awk '/^\.It Fl/ {
        sub(/^\.It /, "")
        n = split($0, parts, /Fl /)
        for (i = 2; i <= n; i++) { split(parts[i], w, /[ ,]/); if (w[1] != "-") print "-" w[1] }
        if ($0 ~ / , -/) { split($0, w, / , /); for (j in w) if (w[j] ~ /^-/) { split(w[j], v, " "); print "-" v[1] } }
    }' "$@" | sort -u
}

@test "the pages are clean" {
    run mandoc -T lint -W warning "$MAN"/*.[17]
    assert_success
    assert_output ''
}

@test "every applet has a page, and every page is of an applet" {
    diff <("$SOCKKIT" --list | sed 's/.*/sockkit-&.1/' | sort) <(cd "$MAN" && printf '%s\n' sockkit-*.1 | sort)
}

@test "the manual, --help and the completions have the same options" {
    local applet
    for applet in $("$SOCKKIT" --list); do
        options_of "$applet" >table
        "$SOCKKIT" "$applet" --help | grep -oE '  (-[A-Za-z0-9], )?--[a-z0-9-]+' | grep -oE -- '-[-a-zA-Z0-9]+' | sort -u >help
        diff table help || { echo "$applet: --help differs"; return 1; }
        documented "$MAN/sockkit-$applet.1" "$MAN/sockkit.1" >manual
        comm -23 table manual >missing
        [ ! -s missing ] || { echo "$applet: not in the manual:"; cat missing; return 1; }
        documented "$MAN/sockkit-$applet.1" | grep -vx -- -- | comm -13 table - >unknown
        [ ! -s unknown ] || { echo "$applet: only in the manual:"; cat unknown; return 1; }
    done
}

@test "the shared page has no option that no applet has" {
    { "$SOCKKIT" --dump-options | awk -F '\t' '{ print $2; if ($3) print $3 }'; printf '%s\n' --help --version --list --install --svg; } | sort -u >all
    documented "$MAN/sockkit.1" | comm -13 all - >unknown
    [ ! -s unknown ] || { cat unknown; return 1; }
}

@test "sockkit(1) refers to the page of each applet" {
    local applet
    for applet in $("$SOCKKIT" --list); do
        sed -n '/^\.Sh SEE ALSO/,$p' "$MAN/sockkit.1" | grep -q "^\.Xr sockkit-$applet 1"
        grep -q '^\.Xr sockkit 1' "$MAN/sockkit-$applet.1"
    done
}

@test "sockkit(1) and the guides refer to each other" {
    local guide
    for guide in labs compare; do
        grep -q "^\.Xr sockkit-$guide 7" "$MAN/sockkit.1"
        grep -q '^\.Xr sockkit 1' "$MAN/sockkit-$guide.7"
    done
}

@test "every page has its sections, in order" {
    local page
    for page in "$MAN"/sockkit*.1; do
        run sed -nE 's/^\.Sh (NAME|SYNOPSIS|DESCRIPTION|OPTIONS|EXIT STATUS|EXAMPLES|SEE ALSO)$/\1/p' "$page"
        assert_output $'NAME\nSYNOPSIS\nDESCRIPTION\nOPTIONS\nEXIT STATUS\nEXAMPLES\nSEE ALSO'
    done
}

@test "pages refer to pages that are there" {
    local page
    while read -r page; do
        [ -f "$MAN/$page" ] || { echo "$page"; return 1; }
    done < <(grep -hoE '^\.Xr sockkit[a-z-]* [17]' "$MAN"/*.[17] | awk '{ print $2 "." $3 }' | sort -u)
}

@test "the manual names each variable of the environment that is read" {
    local name
    for name in $(grep -rhoE '[ (]getenv\("[A-Z_]+' "$TESTS"/../{applets,common} | sed 's/.*"//' | sort -u); do
        grep -qE "^\.It Ev (.* )?$name\b" "$MAN/sockkit.1" || { echo "$name"; return 1; }
    done
}

@test "sockkit(1) has every socket option of -O help, and says the same of it" {
    local missing='' name line limits page
    while IFS= read -r line; do
        name=${line#  } name=${name%%=*}
        [ "$name" != LEVEL:NAME ] || continue
        [ "$(grep -A1 "^.It Cm $name Ns = Ns " "$MAN/sockkit.1" | tail -n 1)" = "$(sed 's/^ *[^ ].*   *//' <<<"$line")" ] || missing+=" $name"
        limits=$(sed -nE 's/^[^(]*\(([0-9]+-[0-9]+)\).*/\1/p' <<<"$line")
        for page in "$MAN"/{,fr/}sockkit.1; do
            grep -q "^.It Cm $name Ns = Ns .*${limits:+Pq $limits}$" "$page" || missing+=" $name: $limits ($page)"
        done
    done < <("$SOCKKIT" serve -O help)
    assert_equal "$missing" ''
}
