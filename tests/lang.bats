# In French: chosen by the environment or --lang, said wherever a person reads, and nowhere else.
# shellcheck disable=SC2030,SC2031,SC2154

load helper

NB=$'\xc2\xa0' # no-break space

setup() {
    helper_setup
    unset LC_ALL LC_MESSAGES LC_CTYPE
    export LANG=fr_FR.UTF-8
}

@test "every text of the sources has a French one, with the same conversions, and none is stale" {
    run "$TESTS/texts"
    assert_output ''
    assert_success
}

@test "the catalogue is the same whatever awk packs it" {
    local awk packed=
    for awk in mawk gawk 'busybox awk' original-awk; do
        command -v "${awk%% *}" >/dev/null || continue
        # shellcheck disable=SC2086
        LC_ALL=C $awk -f "$TESTS/../common/base/catalogue.awk" "$TESTS/../common/base/fr.po" >packed
        grep -q '^#define CATALOGUE_TEXTS [1-9]' packed
        [ -z "$packed" ] || assert_equal "$(cksum <packed)" "$packed"
        packed=$(cksum <packed)
    done
    [ -n "$packed" ]
}

# --- errors ---

# What is typed, separated by blanks, and a part of what is then said.
ERRORS="connect 127.0.0.1:1 x|impossible de se connecter à 127.0.0.1:1$NB: Connexion refusée (un serveur y écoute-t-il$NB?)
connect nobody.invalid x|impossible de résoudre nobody.invalid$NB:
connect -n nobody x|ce n'est pas une adresse numérique (-n exclut la résolution)
connect -U /nowhere/s x|Aucun fichier ou dossier de ce nom (un serveur y écoute-t-il$NB?)
connect 60000|«${NB}60000$NB» n'est pas un hôte (employer -p 60000)
connect a:b:c x|plus d'un «$NB:$NB»
connect [::1 x|il manque le «$NB]$NB»
connect -4 ::1 x|::1 est une adresse IPv6, que -4 exclut
connect -4 -6 x|--ipv4 et --ipv6 s'excluent
connect -p 70000 x|--port$NB: \"70000\"$NB: hors limites (de 0 à 65535)
connect -p nosuchservice x|nom de service inconnu
connect -w soon x|ce n'est pas une durée (comme 500ms, 2, 1.5s, 2m ou 1h)
connect -w 0 x|hors limites (plus que 0, 2562047h au plus)
connect --read-size 0 x|--read-size$NB: \"0\"$NB: hors limites (de
connect --timeout|--timeout demande une valeur$NB: --timeout DURÉE
connect --quiet=yes x|--quiet ne prend pas de valeur
connect --retyr 2 x|option inconnue «$NB--retyr$NB» (vouliez-vous dire «$NB--retry$NB»$NB?)
connect --zzzzzzzz x|option inconnue «$NB--zzzzzzzz$NB» (voir sockkit connect --help)
connect --no x|option ambiguë «$NB--no$NB»
connect -O nodelya=1 x|option de socket inconnue (vouliez-vous dire «${NB}nodelay$NB»$NB?)
connect -O linger=-1 x|linger prend SECONDES, de 0 à
connect --step x|--step demande --trace
connect --proxy ftp://a x|un proxy s'écrit socks5://HÔTE[:PORT]
connect --proxy socks5://127.0.0.1:1 x|impossible de se connecter à socks5://127.0.0.1:1 (proxy)$NB: Connexion refusée
connect --escapes a \\q|une barre oblique inverse n'est suivie ni de r n t 0
connect -b 127.0.0.1 -b 127.0.0.1 x|--bind$NB: un client a une seule adresse
connect -l 8888|option inconnue «$NB-l$NB»$NB: «${NB}sockkit serve$NB» écoute de lui-même
serve 8888|«${NB}8888$NB» seul n'est pas un message (-p 8888 pour y écouter$NB; -- 8888 le dit)
serve -b 192.0.2.1 -p 0|impossible d'écouter sur 192.0.2.1:0$NB: Adresse non disponible (ce n'est pas une adresse de cette machine)
serve -U /nowhere/s|impossible d'écouter sur unix:/nowhere/s$NB: Aucun fichier ou dossier de ce nom
serve -p 0 -w 10ms|aucun client n'est venu à temps
serve -p 0 --max-time 10ms|pas fini après 10 ms (--max-time)
serve -p 0 --reply %z|«$NB%z$NB» inconnu (%m %a %p %t %% sont connus)
serve -p 0 --allow 10.0.0.0/33|le préfixe d'un réseau IPv4 va de 0 à 32
serve -p 0 --allow nobody|ce n'est pas une adresse IPv4 ou IPv6
serve -p 0 --user nosuchuser|cet utilisateur n'existe pas
serve -p 0 --unix-mode 600|--unix-mode est pour le chemin de --unix
serve -p 0 --ready-fd 99|--ready-fd$NB: le descripteur 99 n'est pas ouvert
serve -p 0 --port-file /nowhere/f|impossible d'écrire /nowhere/f$NB: Aucun fichier ou dossier de ce nom
serve -p 0 -o /nowhere/f|impossible d'ouvrir /nowhere/f$NB: Aucun fichier ou dossier de ce nom
serve -p 0 --proxy socks5://a|--proxy va avec --to
serve -p 0 -m 0|--max-clients$NB: \"0\"$NB: hors limites
echo x|opérande inattendu \"x\" (voir sockkit echo --help)
echo 8888|opérande inattendu \"8888\" (-p 8888 pour y écouter)
udp-send 127.0.0.1:1 x -r 1|impossible d'envoyer à 127.0.0.1:1$NB: Connexion refusée (un message ICMP «${NB}port injoignable$NB» est revenu
udp-serve -p 0 --group 1.2.3.4|ce n'est pas une adresse multicast
udp-serve -p 0 -w 10ms|aucun datagramme n'est venu à temps
chat --name a(b 127.0.0.1:1|un nom n'a que des caractères imprimables, sans espace ni parenthèses
chat-serve --hub http://a|un hub s'écrit redis://
probe -p 1-x|une plage est faite de deux nombres (PREMIER-DERNIER)
probe -p 2-1|la plage finit avant de commencer
probe gopher://a|schéma inconnu (tcp udp http et http+unix sont connus)
probe 10.0.0.0/33|un réseau IPv4 a de 0 à 32 bits
probe 127.0.0.1:1 --wait 1s|pas ouvert après 1.0 s (--wait)$NB: 127.0.0.1:1 est fermé
probe 127.0.0.1:1 -- true|COMMANDE n'est pas lancée$NB: 127.0.0.1:1 est fermé
probe --targets /nowhere/f|impossible d'ouvrir /nowhere/f$NB: Aucun fichier ou dossier de ce nom
help tour nowhere|la visite n'a pas de sujet \"nowhere\" (elle a tcp udp
help tour --svg|--svg demande un fichier$NB: --svg FICHIER
serv|applet inconnue «${NB}serv$NB» (vouliez-vous dire «${NB}serve$NB»$NB?)
nc|applet inconnue «${NB}nc$NB»$NB: «${NB}sockkit connect$NB» se connecte
--lang de|--lang$NB: \"de\"$NB: ce n'est pas une langue (en ou fr)
serve --lang de|--lang$NB: \"de\"$NB: ce n'est pas une langue (en ou fr)"

@test "errors and their advice, one by one" {
    local typed said words failed=0
    while IFS='|' read -r typed said; do
        read -ra words <<<"$typed"
        run --separate-stderr sockkit "${words[@]}" </dev/null
        if [ "$status" = 0 ] || [[ $stderr != *"$said"* ]]; then
            printf '%s\n  expected: %s\n  got:      %s\n' "$typed" "$said" "$stderr"
            failed=1
        fi
    done <<<"$ERRORS"
    return "$failed"
}

# --- which language, which letters ---

# chosen VARIABLE=VALUE...: what an error is in.
chosen() {
    run env -u LANG "$@" timeout 20 "$SOCKKIT" connect 127.0.0.1:1 x
    case $output in
    *'Connexion refusée'*) echo fr ;;
    *'Connection refused'*) echo en ;;
    *'Connexion refusee'*) echo ascii ;;
    esac
}

@test "LC_ALL is stronger than LC_MESSAGES, and that than LANG; an empty one is none" {
    assert_equal "$(chosen)" en
    assert_equal "$(chosen LANG=fr_FR.UTF-8)" fr
    assert_equal "$(chosen LANG=fr)" fr
    assert_equal "$(chosen LANG=en_US.UTF-8 LC_MESSAGES=fr_FR.UTF-8)" fr
    assert_equal "$(chosen LANG=fr_FR.UTF-8 LC_MESSAGES=en_US.UTF-8)" en
    assert_equal "$(chosen LANG=fr_FR.UTF-8 LC_ALL=C)" en
    assert_equal "$(chosen LANG=fr_FR.UTF-8 LC_ALL= LC_MESSAGES=)" fr
    assert_equal "$(chosen LANG=C LC_ALL=fr_BE.utf8)" fr
}

@test "--lang is stronger than the environment, in front of the applet or behind it, before what it is about or after" {
    run sockkit --lang en connect 127.0.0.1:1 x
    assert_output --partial 'Connection refused'
    LC_ALL=C run sockkit --lang=fr connect 127.0.0.1:1 x
    assert_output --partial 'Connexion refusée'
    LC_ALL=C run sockkit connect -w soon x --lang fr
    assert_output --partial "ce n'est pas une durée"
    LC_ALL=C run sockkit help tour nowhere --lang fr
    assert_output --partial "la visite n'a pas de sujet"
    LC_ALL=C run sockkit --help --lang fr
    assert_line --index 0 'Usage : sockkit APPLET [OPTION]... [ARG]...'
    LC_ALL=C run sockkit connect 127.0.0.1:1 -- --lang fr
    assert_output --partial 'Connection refused'
}

@test "no letter beyond ASCII where the locale has another character set, and nothing beyond letters where it has none" {
    LANG=fr_FR.ISO-8859-1 run sockkit connect 127.0.0.1:1 x
    assert_output 'sockkit connect: impossible de se connecter a 127.0.0.1:1 : Connexion refusee (un serveur y ecoute-t-il ?)'
    LANG=fr_FR@euro run sockkit serv
    assert_output 'sockkit: applet inconnue "serv" (vouliez-vous dire "serve" ?)'
    LANG=fr run sockkit connect 127.0.0.1:1 x
    assert_output 'sockkit connect: impossible de se connecter à 127.0.0.1:1 : Connexion refusée (un serveur y écoute-t-il ?)'
    LANG=fr_FR.ISO-8859-1 run sockkit serve --help
    [ -z "$(LC_ALL=C tr -d '\0-\177' <<<"$output")" ]
}

# --- where it is said ---

@test "help, usage and -O help: French, in 80 columns, with the options that are there in English" {
    local applet
    for applet in $("$SOCKKIT" --list); do
        run sockkit "$applet" --help
        assert_success
        assert_line --index 0 --partial "Usage$NB: sockkit $applet"
        assert_line --partial "Options de tous les jours$NB:"
        peer 'import sys; sys.exit(any(len(line) > 80 for line in sys.argv[1].split("\n")))' "$output"
        ((${#lines[@]} <= 48))
        # shellcheck disable=SC2001
        grep -oE -e '--[a-z][a-z0-9-]+' <<<"$output" | sort -u >french
        LC_ALL=C run sockkit "$applet" --help
        grep -oE -e '--[a-z][a-z0-9-]+' <<<"$output" | sort -u | diff - french
    done
    run sockkit connect -O help
    assert_line --regexp "^  nodelay=0\|1 +envoyer sans attendre les petits segments"
    run sockkit --help
    peer 'import sys; sys.exit(any(len(line) > 80 for line in sys.argv[1].split("\n")))' "$output"
}

@test "narration and trace, of both sides" {
    start_server serve --once -4 -v -T Bienvenue
    run --separate-stderr sockkit connect -v -T "127.0.0.1:$PORT" Salut
    assert_success
    assert_output Bienvenue
    [[ $stderr == *"connecté$NB: la poignée de main a pris"* ]]
    [[ $stderr == *"demi-fermé$NB: le pair lit la fin de flux, nous pouvons encore recevoir"* ]]
    [[ $stderr == *"connecté à 127.0.0.1:$PORT depuis 127.0.0.1:"* ]]
    wait_for_exit "$SERVER_PID"
    run cat "$SERVER_ERR"
    assert_line "à l'écoute sur 127.0.0.1:$PORT"
    assert_line --partial "passif$NB: le système établit maintenant lui-même les connexions"
    assert_line --partial "...  attend un client$NB: un accept(3) bloquant dormirait ici"
    assert_line --partial "fin de flux$NB: le pair a fermé son côté"
    assert_line --regexp 'fermé \(6 octets reçus, 10 octets envoyés, .*\)$'
}

@test "the tour, its arrows and its picture" {
    run sockkit help tour tcp
    assert_line --partial 'TCP : une connexion, de socket à close' || assert_line --partial "TCP$NB: une connexion, de socket à close"
    assert_line --regexp '^CLIENT +SERVEUR$'
    assert_line --regexp '^send\(3, 8\) = 8 "Bonjour\\n" +- 8 octets -->'
    assert_line --regexp '^connect\(3, 127.0.0.1:[0-9]+\) = 0 +---- SYN ---->'
    run sockkit help tour time-wait --svg picture.svg
    assert_success
    "$PYTHON" -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse("picture.svg")'
    grep -q 'SERVEUR' picture.svg
    grep -q 'fill=.url(#wait).' picture.svg # the side that waits is found by what it says
    run sockkit help tour half-close
    assert_line --partial "J'ai tout entendu"
}

@test "a pipe gets the same bytes as a terminal" {
    run peer '
import os, pty, re, sys
words = ["connect", "-T", "-U", "/nowhere/" + 20 * "s", "x"]
piped = sockkit(*words).communicate()[1]
pid, terminal = pty.fork()
if pid == 0:
    os.system("stty cols 400 -onlcr")
    os.execve(os.environ["SOCKKIT"], ["sockkit", *words], {"LANG": os.environ["LANG"], "TERM": "dumb"})
shown = b""
try:
    while more := os.read(terminal, 65536):
        shown += more
except OSError:
    pass
os.waitpid(pid, 0)
assert "Aucun fichier" in piped.decode()
shown, piped = (re.sub(rb"\d+", b"0", text) for text in (shown, piped))
assert shown == piped, (shown, piped)
'
    assert_success
}

@test "40 columns: no row of a trace or a tour is wider, and no letter is cut in two" {
    run peer '
import fcntl, os, pty, struct, sys, termios
for words in ["connect", "-T", "127.0.0.1:1", "x"], ["help", "tour", "refused"], ["serve", "-T", "-p", "0", "-w", "10ms"]:
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
        os.execve(os.environ["SOCKKIT"], ["sockkit", *words], {"LANG": os.environ["LANG"], "TERM": "dumb"})
    shown = b""
    try:
        while more := os.read(terminal, 65536):
            shown += more
    except OSError:
        pass
    os.waitpid(pid, 0)
    rows = shown.decode().replace("\r", "").split("\n")
    wide = [row for row in rows if len(row) > 40 and not row.startswith("sockkit ")]
    assert not wide and len(rows) > 5, (words, wide, rows)
'
    assert_success
}

# --- what stays ---

@test "what programs read is the same: columns, JSON, port file, names of calls and errors" {
    run --separate-stderr sockkit probe -n 127.0.0.1:1
    assert_output --regexp $'^127\\.0\\.0\\.1:1\tclosed\t[0-9.]+ ms\t\t$'
    run --separate-stderr sockkit probe --json -n 127.0.0.1:1
    assert_output --regexp '"state":"closed","ms":'
    start_server serve --once
    [[ $PORT =~ ^[0-9]+$ ]]
    run --separate-stderr sockkit connect -T 127.0.0.1:1 x
    [[ $stderr == *"= -1     ECONNREFUSED$NB: Connexion refusée"* ]]
}

@test "peers hear English from a server whose environment is French" {
    start_server cmd
    run --separate-stderr sockkit connect ":$PORT" FOO
    assert_output "ERR unknown command 'FOO' (HELP lists them)"
    start_server guess --seed 1
    run --separate-stderr sockkit connect ":$PORT" x
    assert_line --index 0 'I picked a number from 1 to 100. You have 7 tries.'
    start_server chat-serve
    run --separate-stderr sockkit chat ":$PORT" salut
    assert_line '* welcome, you are user1 (/help lists the commands)'
}

@test "with --lang they hear French: commands, the game, rooms" {
    start_server cmd --lang fr
    run --separate-stderr sockkit connect ":$PORT" FOO '' 'DATE x' HELP
    assert_line --index 0 "ERR commande inconnue «${NB}FOO$NB» (HELP les donne)"
    assert_line --index 1 'ERR ligne vide (HELP donne les commandes)'
    assert_line --index 2 'ERR DATE ne prend pas de texte'
    assert_line --index 3 --partial "commandes$NB: UPPER TEXTE"
    start_server guess --lang fr --seed 1 --tries 2
    run --separate-stderr sockkit connect ":$PORT" x 0 101 1 1
    assert_line --index 0 "J'ai choisi un nombre de 1 à 100. Vous avez 2 essais."
    assert_line --index 1 "ce n'est pas un nombre$NB: proposez un nombre de 1 à 100 (aucun essai perdu)"
    assert_line --index 2 --partial 'hors limites'
    assert_line --regexp 'encore 1 essai$'
    start_server chat-serve --lang fr
    run --separate-stderr sockkit chat ":$PORT" /who /nobody
    assert_line '* bienvenue, vous vous appelez user1 (/help donne les commandes)'
    assert_line '* ici: user1'
    assert_line --partial '! commande inconnue /nobody'
}

@test "an English chat is at home in a French room, and a French one in an English room" {
    local server client
    for server in fr en; do
        [ "$server" = fr ] && client=en || client=fr
        start_server chat-serve --lang "$server"
        run --separate-stderr sockkit --lang "$client" chat --name ada ":$PORT" bonjour
        assert_success
        assert_equal "$stderr" ''
        assert_line '(ada) bonjour'
        start sockkit --lang "$client" chat --name eve ":$PORT"
        run --separate-stderr sockkit --lang "$client" chat --name 'here:' ":$PORT" bonjour
        assert_failure 2
        start_server chat --lang "$server" --listen
        run --separate-stderr sockkit --lang "$client" chat --name bob ":$PORT" bonjour stop
        assert_success
        assert_equal "$stderr" ''
        wait_for_exit "$SERVER_PID"
        assert_equal "$status" 0
    done
}

@test "of two who talk the host reads French at its own terminal, and the guest hears English" {
    open_feed
    STDIN=$FEED start_server chat --listen --name ada
    run --separate-stderr sockkit --lang en chat ":$PORT" bonjour /nobody
    assert_line '* welcome, you are guest (/help lists the commands)'
    assert_line --partial '! unknown command /nobody'
    wait_for_line "$SERVER_OUT" '^\* guest ne dit plus rien, mais lit encore ce qui est dit$'
    wait_for_line "$SERVER_OUT" '^\* guest arrive$'
    close_feed
    wait_for_exit "$SERVER_PID"
}
