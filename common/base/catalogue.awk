# catalogue: packs the French texts of fr.po for lang.c, as a C header. A text is found by a hash of the English one;
# all texts together are packed by pairs: the two codes that stand side by side most often get a code of their own, again
# and again, as long as there are codes (Gage 1994). Codes have 10 bits. Any POSIX awk, with LC_ALL=C.

# The letters beyond ASCII that texts may have: in a UTF-8 locale, in one that names no character set, and in another.
function name_letters(    i, n, field, line) {
    n = split("«\302\240 \" \" \302\240» \" \" \302\240 _ _ « \" \" » \" \" " \
        "à à a â â a ç ç c é é e è è e ê ê e ë ë e î î i ï ï i ô ô o ù ù u û û u œ œ oe " \
        "À À A Ç Ç C É É E È È E Ê Ê E Ô Ô O Œ Œ OE … ... ... × x x → -> -> µ µ u", field, " ")
    for (i = 1; i < n; i += 3) {
        LETTER[letters] = field[i]
        FIRST[substr(field[i], 1, 1)] = 1
        line = "    {\"" field[i] "\", \"" quoted(field[i + 1]) "\", \"" quoted(field[i + 2]) "\"},\n"
        gsub("_", " ", line)
        table = table line
        letters++
    }
}

function quoted(text) {
    return text == "\"" ? "\\\"" : text
}

function fail(what) {
    print "fr.po:" NR ": " what >"/dev/stderr"
    failed = 1
    exit 1
}

# What stands between the quotes of a line.
function content(line,    text) {
    sub(/^[^"]*"/, "", line)
    sub(/"[^"]*$/, "", line)
    text = ""
    while (match(line, /\\./)) {
        text = text substr(line, 1, RSTART - 1) escape(substr(line, RSTART + 1, 1))
        line = substr(line, RSTART + 2)
    }
    return text line
}

function escape(letter) {
    if (letter == "n") return "\n"
    if (letter == "t") return "\t"
    if (letter != "\"" && letter != "\\") fail("unknown escape \\" letter)
    return letter
}

function hash_of(text,    i, hash) {
    hash = 0
    for (i = 1; i <= length(text); i++) hash = (hash * FACTOR + ORD[substr(text, i, 1)]) % 4294967296
    return hash
}

function add(english, french,    hash) {
    if (english == "" || french == "") return
    hash = hash_of(english)
    if (hash in TEXT) fail("two texts of one hash: " english)
    TEXT[hash] = french
    HASH[count++] = hash
}

function finish_entry() {
    add(field["msgid"], ("msgstr" in field) ? field["msgstr"] : field["msgstr[0]"])
    add(field["msgid_plural"], field["msgstr[1]"])
    split("", field)
}

# Ascending: insertion into what is sorted, by halves.
function sort_hashes(    i, j, gap, x) {
    for (gap = int(count / 2); gap > 0; gap = int(gap / 2))
        for (i = gap; i < count; i++) {
            x = HASH[i]
            for (j = i; j >= gap && HASH[j - gap] > x; j -= gap) HASH[j] = HASH[j - gap]
            HASH[j] = x
        }
}

# --- pairs ---

function letter_at(text, at,    i) {
    for (i = 0; i < letters; i++)
        if (substr(text, at, length(LETTER[i])) == LETTER[i]) return i
    fail("a letter that catalogue.awk does not know: " substr(text, at, 20))
}

# The codes of a text and the 0 behind it, each linked with its neighbours.
function lay(text,    i, c, which) {
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (c in FIRST) {
            which = letter_at(text, i)
            put(LETTERS + which)
            i += length(LETTER[which]) - 1
        } else if (ORD[c] >= LETTERS)
            fail("a letter that catalogue.awk does not know: " substr(text, i, 20))
        else
            put(ORD[c])
    }
    bytes += length(text) + 1
    put(0)
}

function put(code) {
    CODE[size] = code
    BEFORE[size] = size - 1
    AFTER[size] = size + 1
    if (size > 0) count_pair(size - 1, 1)
    size++
}

# A pair that begins at this place is there once more, or once less. RANKS has the pairs by how often they were there,
# among them some that have become more or fewer.
function count_pair(at, n,    key, times) {
    if (at < 0 || AFTER[at] > size || CODE[at] == 0 || CODE[AFTER[at]] == 0) return
    key = CODE[at] * CODES + CODE[AFTER[at]]
    times = PAIRS[key] += n
    if (n > 0) PLACES[key] = PLACES[key] " " at
    if (ranked && times >= LEAST) RANKS[times] = RANKS[times] " " key
}

function rank_pairs(    key) {
    ranked = 1
    for (key in PAIRS) {
        if (PAIRS[key] > top) top = PAIRS[key]
        if (PAIRS[key] >= LEAST) RANKS[PAIRS[key]] = RANKS[PAIRS[key]] " " key
    }
}

# The lowest of the most frequent pairs, so that every awk finds the same one; -1: none is worth a code.
function most_frequent(    n, i, key, best) {
    for (best = -1; top >= LEAST && best < 0; top -= best < 0) {
        n = split(RANKS[top], key, " ")
        RANKS[top] = ""
        for (i = 1; i <= n; i++) {
            if (PAIRS[key[i]] != top) continue
            RANKS[top] = RANKS[top] " " key[i]
            if (best < 0 || key[i] + 0 < best) best = key[i] + 0
        }
    }
    return best
}

function join_pair(key, code,    n, i, at, next_at, place) {
    n = split(PLACES[key], place, " ")
    for (i = 1; i <= n; i++) {
        at = place[i] + 0
        next_at = AFTER[at]
        if (CODE[at] * CODES + CODE[next_at] != key || (at in GONE)) continue
        count_pair(BEFORE[at], -1)
        count_pair(next_at, -1)
        CODE[at] = code
        GONE[next_at] = 1
        AFTER[at] = AFTER[next_at]
        BEFORE[AFTER[at]] = at
        count_pair(BEFORE[at], 1)
        count_pair(at, 1)
    }
    delete PAIRS[key]
    delete PLACES[key]
}

function pack(    key) {
    rank_pairs()
    for (pairs = 0; LETTERS + letters + pairs < CODES && (key = most_frequent()) >= 0; pairs++) {
        PAIR[pairs] = key
        join_pair(key, LETTERS + letters + pairs)
    }
}

# --- the header ---

# Ten bits more. What is less than a byte waits in `held`.
function print_code(code) {
    held = held * CODES + code
    for (held_bits += 10; held_bits >= 8; held_bits -= 8) {
        print_byte(int(held / POWER[held_bits - 8]))
        held %= POWER[held_bits - 8]
    }
}

function print_byte(byte) {
    printf "%s%d,", bytes_printed++ % 24 ? " " : "\n    ", byte
}

# First the pairs, then the texts, each with a 0 behind it.
function print_packed(    i, at) {
    for (i = 0; i < pairs; i++) {
        print_code(int(PAIR[i] / CODES))
        print_code(PAIR[i] % CODES)
    }
    for (at = 0; at < size; at = AFTER[at]) print_code(CODE[at])
    print_code(0) # fills the last byte
    print "\n};"
}

BEGIN {
    FACTOR = 65599
    CODES = 1024
    LEAST = 5     # of a pair that is worth a code
    LETTERS = 128 # the codes of those beyond ASCII begin there
    letters = count = size = bytes = top = held = held_bits = 0
    POWER[0] = 1
    for (i = 1; i < 10; i++) POWER[i] = 2 * POWER[i - 1]
    for (i = 1; i < 256; i++) ORD[sprintf("%c", i)] = i
    name_letters()
}

/^#/ { next }
/^msgid / { finish_entry() }
/^msg/ { key = $1 }
/^(msg.*)?"/ { field[key] = field[key] content($0) }

END {
    if (failed) exit 1
    finish_entry()
    sort_hashes()
    for (i = 0; i < count; i++) lay(TEXT[HASH[i]])
    pack()
    print "/* Made by catalogue.awk. */"
    print "#define CATALOGUE_TEXTS " count
    print "#define CATALOGUE_BYTES " bytes
    print "#define CATALOGUE_FACTOR " FACTOR
    print "#define CATALOGUE_LETTERS " LETTERS
    print "#define CATALOGUE_PAIRS " LETTERS + letters
    print "#define CATALOGUE_CODES " LETTERS + letters + pairs
    print "enum catalogue_letters { CATALOGUE_UTF8, CATALOGUE_PLAIN, CATALOGUE_ASCII };"
    print "static const uint32_t catalogue_hashes[] = {"
    for (i = 0; i < count; i++) printf "    %.0fu,\n", HASH[i]
    print "};\nstatic const char catalogue_letters[][3][5] = {\n" table "};"
    printf "static const uint8_t catalogue_packed[] = {"
    print_packed()
}
