# What is there to read in French: every page of the manual, README.fr.md. Each says as much as the English one, and has its options and commands.

load helper

setup() {
    helper_setup
    SOURCE=$TESTS/.. MAN=$TESTS/../man
}

# Runs the awk program on all pages of the folder, each line behind the name of its page.
of_pages() { (cd "$1" && awk "$2" ./*.[17]); }

# same PROGRAM: what it prints of the English pages and of the French ones is the same.
same() { diff <(of_pages "$MAN" "$1") <(of_pages "$MAN/fr" "$1"); }

@test "every page is there in French" {
    diff <(cd "$MAN" && printf '%s\n' *.[17]) <(cd "$MAN/fr" && printf '%s\n' *.[17])
}

# mandoc knows the sections of a page by their English names.
@test "the French pages are clean, in UTF-8, and say so to man" {
    local page
    for page in "$MAN"/fr/*.[17]; do
        sed 's/^\.Sh NOM$/.Sh NAME/; s/^\.Sh VOIR AUSSI$/.Sh SEE ALSO/' "$page" >page
        mandoc -T lint -W warning page || { echo "$page"; return 1; }
        iconv -f UTF-8 -t UTF-8 "$page" >/dev/null
    done
    run awk 'FNR == 1 && $0 != ".\\\" -*- coding: utf-8 -*-" { print FILENAME }' "$MAN"/fr/*.[17]
    assert_output ''
}

@test "the French pages have the sections of the English ones, under the names that man knows, their paragraphs and entries" {
    local names='
        BEGIN {
            split("NAME=NOM;ENVIRONMENT=ENVIRONNEMENT;EXIT STATUS=CODE DE RETOUR;EXAMPLES=EXEMPLES;FILES=FICHIERS;SEE ALSO=VOIR AUSSI;" \
                  "SECURITY=SÉCURITÉ;STANDARDS=NORMES;EXERCISES=EXERCICES", pairs, ";")
            for (i in pairs) { split(pairs[i], pair, "="); french[pair[1]] = pair[2] }
        }
        /^\.Sh / { name = substr($0, 5); print FILENAME, (name in french ? french[name] : name) }
        /^\.(Ss|Pp|It|Bl|Bd)( |$)/ { print FILENAME, $1 }'
    same "$names"
}

# A list in the same order, and each entry with the same options: --help's, as manual.bats holds of the English pages.
@test "the French pages have the options of the English ones" {
    same '/^\.It Fl/ {
        list = ""
        for (i = 2; i <= NF; i++) if ($i ~ /^-?-?[A-Za-z0-9]/ && ($(i - 1) == "Fl" || $(i - 1) == "," && $i ~ /^-/)) list = list " " $i
        print FILENAME, list
    }'
}

@test "the French pages refer to the pages that the English ones refer to" {
    diff <(of_pages "$MAN" '{ for (i = 1; i < NF; i++) if ($i ~ /^\.?Xr$/) print FILENAME, $(i + 1), $(i + 2) }' | sort -u) \
        <(of_pages "$MAN/fr" '{ for (i = 1; i < NF; i++) if ($i ~ /^\.?Xr$/) print FILENAME, $(i + 1), $(i + 2) }' | sort -u)
}

# Of an exercise that is what is typed: what is printed is in the language of the page.
@test "the French pages have the commands of the English ones" {
    same '
        /^\.Bd -literal/ { inside = 1 }
        inside && (FILENAME !~ /labs/ || /^(\$ |\.)/) { print FILENAME, $0 }
        /^\.Ed/ { inside = 0 }'
}

@test "sockkit(1) says of each socket option in French what -O help says" {
    LC_ALL=C.UTF-8 "$SOCKKIT" --lang fr serve -O help | sed -nE 's/^  ([a-z0-9-]+)=.*  +(.*)$/\1 \2/p' >told
    [ -s told ]
    awk '/^\.It Cm [a-z0-9-]+ Ns = Ns/ { name = $3; getline; gsub(/\\ /, "\302\240"); print name, $0 }' "$MAN/fr/sockkit.1" | diff told -
}

# The headings by their depth, the rows of the tables by their number, the blocks of a script whole, of a terminal what is typed.
outline() {
    awk '
        /^#+ / && !inside { print "heading", $1 }
        /^\|/ { print "row", gsub(/\|/, "|") }
        /^```/ { inside = !inside; kind = inside ? $0 : ""; print }
        inside && (kind == "```sh" || /^\$ /) { print }' "$1"
}

# What the text calls a command or an option.
commands() { grep -oE '`[^`]*(sockkit|--)[^`]*`' "$1" | grep -v ': rtt\|--lang\|unix:'; }

@test "README.fr.md has what README.md has, and each leads to the other" {
    diff <(outline "$SOURCE/README.md") <(outline "$SOURCE/README.fr.md")
    diff <(commands "$SOURCE/README.md") <(commands "$SOURCE/README.fr.md")
    diff <(grep -oE '\]\([^)]*\)' "$SOURCE/README.md" | sed 's/README.fr.md/README.md/') <(grep -oE '\]\([^)]*\)' "$SOURCE/README.fr.md")
}
