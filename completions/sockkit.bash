# bash completion of sockkit; written by completions/generate, do not edit.

_sockkit_hosts() {
    awk "!/^#/ && NF > 1 { for (i = 2; i <= NF; i++) print \$i }" /etc/hosts 2>/dev/null
    awk -F "[ ,]" "!/^[|#]/ { print \$1 }" ~/.ssh/known_hosts 2>/dev/null
}

_sockkit() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} applet=${COMP_WORDS[0]##*/} words=""
    applet=${applet#sk-}
    [ "$applet" != sockkit ] || applet=${COMP_WORDS[1]}
    COMPREPLY=()
    if [ "${COMP_WORDS[0]##*/}" = sockkit ] && [ "$COMP_CWORD" -eq 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "serve connect udp-serve udp-send echo cmd guess chat-serve chat probe help --help --version --list --install" -- "$word")
        return
    fi
    if [ "$before" = interface ] && [ "$word" = = ] || [ "$before" = = ] && [ "${COMP_WORDS[COMP_CWORD-2]}" = interface ]; then
        mapfile -t COMPREPLY < <(compgen -W "$(cd /sys/class/net 2>/dev/null && echo *)" -- "${word#=}")
        return
    fi
    [ "$word" != = ] || word=""
    [ "$before" != = ] || before=${COMP_WORDS[COMP_CWORD-2]}
    case $applet,$before in
    help,help) mapfile -t COMPREPLY < <(compgen -W "serve connect udp-serve udp-send echo cmd guess chat-serve chat probe tour" -- "$word"); return ;;
    help,--svg) mapfile -t COMPREPLY < <(compgen -f -- "$word"); compopt -o filenames; return ;;
    help,*) [ "${COMP_WORDS[2]}" != tour ] || mapfile -t COMPREPLY < <(compgen -W "tcp udp refused half-close time-wait backlog ipv6 pieces --svg" -- "$word"); return ;;
    sockkit,--install|--install,--install) mapfile -t COMPREPLY < <(compgen -d -- "$word"); compopt -o filenames; return ;;
    serve,--reply|serve,--exec|serve,-e|serve,--buffer|serve,--quit-word|serve,--send-proxy|serve,--proxy-from|serve,--max-clients|serve,-m|serve,--max-per-host|serve,--count|serve,-c|serve,--backlog|serve,--exit-idle|serve,--limit-rate|serve,--allow|serve,--deny|serve,--ready-fd|serve,--unix-mode|serve,--user|serve,--timeout|serve,-w|serve,--idle|serve,-i|serve,--max-time|serve,--read-size|connect,--line-delay|connect,--retry|connect,--exec|connect,-e|connect,--quit-word|connect,--limit-rate|connect,--send-proxy|connect,--timeout|connect,-w|connect,--idle|connect,-i|connect,--max-time|connect,--read-size|udp-serve,--reply|udp-serve,--count|udp-serve,-c|udp-serve,--timeout|udp-serve,-w|udp-serve,--idle|udp-serve,-i|udp-serve,--group|udp-serve,--allow|udp-serve,--deny|udp-serve,--ready-fd|udp-serve,--unix-mode|udp-serve,--user|udp-serve,--max-time|udp-serve,--read-size|udp-send,--timeout|udp-send,-w|udp-send,--idle|udp-send,-i|udp-send,--block|udp-send,--interval|udp-send,-I|udp-send,--repeat|udp-send,--quit-word|udp-send,--max-time|udp-send,--read-size|echo,--workers|echo,--proxy-from|echo,--max-clients|echo,-m|echo,--max-per-host|echo,--count|echo,-c|echo,--backlog|echo,--exit-idle|echo,--allow|echo,--deny|echo,--ready-fd|echo,--unix-mode|echo,--user|echo,--timeout|echo,-w|echo,--idle|echo,-i|echo,--max-time|echo,--read-size|cmd,--workers|cmd,--proxy-from|cmd,--max-clients|cmd,-m|cmd,--max-per-host|cmd,--count|cmd,-c|cmd,--backlog|cmd,--exit-idle|cmd,--allow|cmd,--deny|cmd,--ready-fd|cmd,--unix-mode|cmd,--user|cmd,--timeout|cmd,-w|cmd,--idle|cmd,-i|cmd,--max-time|cmd,--read-size|guess,--max|guess,--tries|guess,--seed|guess,--proxy-from|guess,--max-clients|guess,-m|guess,--max-per-host|guess,--count|guess,-c|guess,--backlog|guess,--exit-idle|guess,--allow|guess,--deny|guess,--ready-fd|guess,--unix-mode|guess,--user|guess,--timeout|guess,-w|guess,--idle|guess,-i|guess,--max-time|guess,--read-size|chat-serve,--buffer|chat-serve,--history|chat-serve,--hub-timeout|chat-serve,--name|chat-serve,--rate|chat-serve,--proxy-from|chat-serve,--max-clients|chat-serve,-m|chat-serve,--max-per-host|chat-serve,--count|chat-serve,-c|chat-serve,--backlog|chat-serve,--exit-idle|chat-serve,--allow|chat-serve,--deny|chat-serve,--ready-fd|chat-serve,--unix-mode|chat-serve,--user|chat-serve,--timeout|chat-serve,-w|chat-serve,--idle|chat-serve,-i|chat-serve,--max-time|chat-serve,--read-size|chat,--name|chat,--quit-word|chat,--allow|chat,--deny|chat,--ready-fd|chat,--unix-mode|chat,--user|chat,--timeout|chat,-w|chat,--idle|chat,-i|chat,--max-time|chat,--read-size|probe,--at-least|probe,--send|probe,--expect|probe,--expect-regex|probe,--status|probe,--wait|probe,--count|probe,-c|probe,--interval|probe,-I|probe,--timeout|probe,-w|probe,--jobs|probe,-j|probe,--idle|probe,-i|probe,--max-time|probe,--read-size) mapfile -t COMPREPLY < <(true -- "$word"); return ;;
    serve,--output|serve,-o|serve,--hex-dump|serve,-x|serve,--port-file|serve,--unix|serve,-U|connect,--output|connect,-o|connect,--hex-dump|connect,-x|connect,--unix|connect,-U|udp-serve,--output|udp-serve,-o|udp-serve,--hex-dump|udp-serve,-x|udp-serve,--port-file|udp-serve,--unix|udp-serve,-U|udp-send,--output|udp-send,-o|udp-send,--hex-dump|udp-send,-x|udp-send,--unix|udp-send,-U|echo,--port-file|echo,--unix|echo,-U|cmd,--port-file|cmd,--unix|cmd,-U|guess,--port-file|guess,--unix|guess,-U|chat-serve,--hub-password-file|chat-serve,--log|chat-serve,--port-file|chat-serve,--unix|chat-serve,-U|chat,--port-file|chat,--unix|chat,-U|probe,--targets|probe,--send-file|probe,--unix|probe,-U) mapfile -t COMPREPLY < <(compgen -f -- "$word"); compopt -o filenames; return ;;
    serve,--to|serve,--bind|serve,-b|connect,--bind|connect,-b|udp-serve,--to|udp-serve,--bind|udp-serve,-b|udp-send,--bind|udp-send,-b|echo,--bind|echo,-b|cmd,--bind|cmd,-b|guess,--bind|guess,-b|chat-serve,--bind|chat-serve,-b|chat,--bind|chat,-b|probe,--exclude|probe,--bind|probe,-b) mapfile -t COMPREPLY < <(compgen -W "$(_sockkit_hosts)" -- "$word"); return ;;
    serve,--port|serve,-p|connect,--port|connect,-p|udp-serve,--port|udp-serve,-p|udp-send,--port|udp-send,-p|echo,--port|echo,-p|cmd,--port|cmd,-p|guess,--port|guess,-p|chat-serve,--port|chat-serve,-p|chat,--port|chat,-p|probe,--port|probe,-p) mapfile -t COMPREPLY < <(compgen -A service -- "$word"); return ;;
    serve,--sockopt|serve,-O|connect,--sockopt|connect,-O|udp-serve,--sockopt|udp-serve,-O|udp-send,--sockopt|udp-send,-O|echo,--sockopt|echo,-O|cmd,--sockopt|cmd,-O|guess,--sockopt|guess,-O|chat-serve,--sockopt|chat-serve,-O|chat,--sockopt|chat,-O|probe,--sockopt|probe,-O) mapfile -t COMPREPLY < <(compgen -W "help nodelay= keepalive= keepidle= keepintvl= keepcnt= syncnt= user-timeout= defer-accept= quickack= congestion= maxseg= reuseaddr= reuseport= rcvbuf= sndbuf= linger= ttl= min-ttl= tos= priority= mark= mtu-discover= v6only= freebind= transparent= broadcast= dontroute= oobinline= interface= multicast-ttl= multicast-loop=" -- "$word"); compopt -o nospace; return ;;
    udp-send,--replies|udp-send,-r) mapfile -t COMPREPLY < <(compgen -W "all" -- "$word"); return ;;
    serve,--proxy|connect,--proxy|chat,--proxy|probe,--proxy) mapfile -t COMPREPLY < <(compgen -W "socks5:// socks4:// http://" -- "$word"); compopt -o nospace; return ;;
    serve,--lang|connect,--lang|udp-serve,--lang|udp-send,--lang|echo,--lang|cmd,--lang|guess,--lang|chat-serve,--lang|chat,--lang|probe,--lang) mapfile -t COMPREPLY < <(compgen -W "en fr" -- "$word"); return ;;
    chat-serve,--hub) mapfile -t COMPREPLY < <(compgen -W "redis:// redis+unix:" -- "$word"); compopt -o nospace; return ;;
    esac
    case $applet in
    serve) words="--once -1 --reply --exec -e --to --broker --buffer --recv-only --crlf -C --no-newline --quit-word --escapes --label --output -o --hex-dump -x --progress --raw --proxy --send-proxy --accept-proxy --proxy-from --max-clients -m --max-per-host --count -c --backlog --exit-idle --inetd --limit-rate --allow --deny --port-file --ready-fd --unix-mode --user --no-sandbox --ipv4 -4 --ipv6 -6 --port -p --bind -b --unix -U --numeric -n --timeout -w --idle -i --max-time --read-size --sockopt -O --timestamps --quiet -q --verbose -v --trace -T --step --lang --help -h --version -V" ;;
    connect) words="--no-newline --crlf -C --no-half-close --keep-sending --recv-only --send-only --line-delay --wait-answer --retry --exec -e --quit-word --escapes --limit-rate --output -o --hex-dump -x --progress --raw --proxy --send-proxy --ipv4 -4 --ipv6 -6 --port -p --bind -b --unix -U --numeric -n --timeout -w --idle -i --max-time --read-size --sockopt -O --timestamps --quiet -q --verbose -v --trace -T --step --lang --help -h --version -V" ;;
    udp-serve) words="--reply --to --to-all --count -c --timeout -w --idle -i --group --escapes --label --no-newline --output -o --hex-dump -x --raw --allow --deny --port-file --ready-fd --unix-mode --user --no-sandbox --ipv4 -4 --ipv6 -6 --port -p --bind -b --unix -U --numeric -n --max-time --read-size --sockopt -O --timestamps --quiet -q --verbose -v --trace -T --step --lang --help -h --version -V" ;;
    udp-send) words="--replies -r --timeout -w --idle -i --block --interval -I --repeat --quit-word --no-connect --broadcast --escapes --label --no-newline --output -o --hex-dump -x --raw --ipv4 -4 --ipv6 -6 --port -p --bind -b --unix -U --numeric -n --max-time --read-size --sockopt -O --timestamps --quiet -q --verbose -v --trace -T --step --lang --help -h --version -V" ;;
    echo) words="--udp -u --workers --accept-proxy --proxy-from --max-clients -m --max-per-host --count -c --backlog --exit-idle --inetd --allow --deny --port-file --ready-fd --unix-mode --user --no-sandbox --ipv4 -4 --ipv6 -6 --port -p --bind -b --unix -U --numeric -n --timeout -w --idle -i --max-time --read-size --sockopt -O --timestamps --quiet -q --verbose -v --trace -T --step --lang --help -h --version -V" ;;
    cmd) words="--udp -u --workers --accept-proxy --proxy-from --max-clients -m --max-per-host --count -c --backlog --exit-idle --inetd --allow --deny --port-file --ready-fd --unix-mode --user --no-sandbox --ipv4 -4 --ipv6 -6 --port -p --bind -b --unix -U --numeric -n --timeout -w --idle -i --max-time --read-size --sockopt -O --timestamps --quiet -q --verbose -v --trace -T --step --lang --help -h --version -V" ;;
    guess) words="--max --tries --seed --accept-proxy --proxy-from --max-clients -m --max-per-host --count -c --backlog --exit-idle --inetd --allow --deny --port-file --ready-fd --unix-mode --user --no-sandbox --ipv4 -4 --ipv6 -6 --port -p --bind -b --unix -U --numeric -n --timeout -w --idle -i --max-time --read-size --sockopt -O --timestamps --quiet -q --verbose -v --trace -T --step --lang --help -h --version -V" ;;
    chat-serve) words="--buffer --history --hub --hub-password-file --hub-timeout --log --name --rate --accept-proxy --proxy-from --max-clients -m --max-per-host --count -c --backlog --exit-idle --inetd --allow --deny --port-file --ready-fd --unix-mode --user --no-sandbox --ipv4 -4 --ipv6 -6 --port -p --bind -b --unix -U --numeric -n --timeout -w --idle -i --max-time --read-size --sockopt -O --timestamps --quiet -q --verbose -v --trace -T --step --lang --help -h --version -V" ;;
    chat) words="--name --listen --quit-word --escapes --raw --proxy --allow --deny --port-file --ready-fd --unix-mode --user --no-sandbox --ipv4 -4 --ipv6 -6 --port -p --bind -b --unix -U --numeric -n --timeout -w --idle -i --max-time --read-size --sockopt -O --timestamps --quiet -q --verbose -v --trace -T --step --lang --help -h --version -V" ;;
    probe) words="--port -p --udp -u --targets --exclude --all -a --banner --json --any --at-least --send --send-file --expect --expect-regex --status --escapes --wait --gone --count -c --interval -I --graph --timeout -w --jobs -j --proxy --ipv4 -4 --ipv6 -6 --bind -b --unix -U --numeric -n --idle -i --max-time --read-size --sockopt -O --timestamps --quiet -q --verbose -v --trace -T --step --lang --help -h --version -V" ;;
    esac
    if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
    else
        case $applet in
        connect) mapfile -t COMPREPLY < <(compgen -W "unix:" -- "$word") ;;
        udp-send) mapfile -t COMPREPLY < <(compgen -W "unix:" -- "$word") ;;
        chat) mapfile -t COMPREPLY < <(compgen -W "unix:" -- "$word") ;;
        probe) mapfile -t COMPREPLY < <(compgen -W "tcp:// udp:// http:// http+unix: unix:" -- "$word") ;;
        esac
        if ((${#COMPREPLY[@]})) && [ -n "$word" ]; then compopt -o nospace; return; fi
        mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -W "$(_sockkit_hosts)" -- "$word")
    fi
}
complete -F _sockkit sockkit sk-serve sk-connect sk-udp-serve sk-udp-send sk-echo sk-cmd sk-guess sk-chat-serve sk-chat sk-probe
