#include "applets/netcat/netcat.h"

#include <stddef.h>
#include <string.h>

#include "common/base/lang.h"
#include "common/base/msg.h"
#include "common/base/text.h"

/* --- values that an option means elsewhere and cannot mean here --- */

static bool never(const char *value, const char *operand) {
    (void)value;
    (void)operand;
    return false;
}

/* A HOST without a port: the digits behind it are its port. */
static bool takes_port(const char *operand) {
    return operand && !text_is_digits(operand) && !strchr(operand, ':');
}

static bool is_number(const char *value, const char *operand) {
    return text_is_digits(value) && !takes_port(operand);
}

static bool is_word(const char *value, const char *operand) {
    char first = *value;
    (void)operand;
    return (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || first == '/';
}

static bool is_endpoint(const char *value, const char *operand) {
    const char *port = strrchr(value, ':');
    (void)operand;
    return port && port > value && text_is_digits(port + 1) && !strchr(value, '/');
}

/* Bytes in hex ("48 65", "4865"), or an endpoint: `--hex` was taken for an option without value. */
static bool is_hex(const char *value, const char *operand) {
    size_t digits = 0;
    if (is_endpoint(value, operand)) return true;
    for (const char *s = value; *s; s++) {
        if (*s == ' ') continue;
        if (!strchr("0123456789abcdefABCDEF", *s)) return false;
        digits++;
    }
    return digits > 0 && digits % 2 == 0;
}

/* Several ports, as probe takes them; behind a host or alone. */
static bool is_ports(const char *value, const char *operand) {
    const char *colon = strrchr(value, ':'), *ports = colon ? colon + 1 : value;
    (void)operand;
    return *ports >= '0' && *ports <= '9' && strpbrk(ports, ",-") &&
           !ports[strspn(ports, "0123456789,-")];
}

static bool is_host_ports(const char *value, const char *operand) {
    return strchr(value, ':') == strrchr(value, ':') && strchr(value, ':') &&
           is_ports(value, operand);
}

#define KEYWORD_MOST ((size_t)16)

/* The keyword of an address of socat is one of these, between blanks; tcp4 and tcp6 are tcp. */
static bool has_keyword(const char *address, const char *keywords) {
    char word[KEYWORD_MOST + 3] = " ";
    size_t length = strcspn(address, ":"), n = 1;
    bool is_url = !strncmp(address + length, "://", 3);
    if (length > KEYWORD_MOST || !address[length] || is_url) return false;
    for (size_t i = 0; i < length; i++)
        if (address[i] != '4' && address[i] != '6') word[n++] = (char)(address[i] | ' ');
    word[n] = ' ';
    return strstr(keywords, word);
}

static bool is_socat_listener(const char *value, const char *operand) {
    (void)operand;
    return has_keyword(value, " tcp-listen tcp-l udp-listen udp-l udp-recvfrom udp-recv ");
}

static bool is_socat_path(const char *value, const char *operand) {
    (void)operand;
    return has_keyword(value, " unix-connect unix-listen unix-client unix-sendto unix-recvfrom "
                              "abstract-connect abstract-listen abstract-client ");
}

static bool is_socat_peer(const char *value, const char *operand) {
    (void)operand;
    return has_keyword(value, " tcp-connect udp-connect udp-sendto udp-datagram ") ||
           (has_keyword(value, " tcp udp ") && strchr(strchr(value, ':') + 1, ':'));
}

/* --- how it is done here --- */

#define SERVERS "serve udp-serve echo cmd guess chat-serve"
#define WITH_PROXY "connect chat probe serve"

#define BY_ITSELF "leave it out: a server listens by itself (-p PORT says where)"
#define SERVE_LISTENS "'sockkit serve' listens by itself"
#define FOR_EVER "leave it out: a server serves for ever by itself (-c N: until N came)"
#define SERVE_FOR_EVER "'sockkit serve' serves for ever by itself (--once: one connection)"
#define DATAGRAMS "'sockkit udp-serve' and 'sockkit udp-send' are for datagrams"
#define RUN_COMMAND "-e COMMAND runs a command"
#define SERVE_RUNS "'sockkit serve -e COMMAND' runs a command for each client"
#define PROXY "a proxy is --proxy URL: socks5://HOST:PORT, socks4:// or http://"
#define ONE_PORT "one port is wanted here ('sockkit probe' takes several)"
#define LISTEN_THERE "an address of socat; -p PORT says where to listen"
#define SOCAT_PATH "an address of socat; here it is written unix:PATH"
#define SOCAT_PEER "an address of socat; here it is written HOST:PORT"
#define CONNECT_PROXY "'sockkit connect --proxy URL' goes through a proxy"

const struct foreign_word netcat_words[] = {
    {"-l", SERVERS, NULL, BY_ITSELF},
    {"-l", "chat", NULL, "--listen waits for one peer"},
    {"-l", "udp-send", NULL, "'sockkit udp-serve' listens for datagrams"},
    {"-l", NULL, NULL, SERVE_LISTENS},
    {"-k", SERVERS, NULL, FOR_EVER},
    {"-k", NULL, NULL, SERVE_FOR_EVER},
    {"-z", "probe", NULL, "leave it out: it tells whether a port is open by itself"},
    {"-z", NULL, NULL, "'sockkit probe' tells whether a port is open"},
    {"-u", "udp-serve udp-send", NULL, "leave it out: datagrams are all that it knows"},
    {"-u", NULL, NULL, DATAGRAMS},
    {"-N", "connect serve", NULL,
     "leave it out: the end of stdin is told by itself (connect --no-half-close: not)"},
    {"-N", NULL, NULL, "'sockkit connect' tells the end of stdin by itself"},
    {"-q", NULL, is_number,
     "-q is --quiet here and takes no value (-i TIME ends a connection after a silence)"},
    {"-s", SERVERS, NULL, "-b ADDR is the address to listen on"},
    {"-s", NULL, NULL, "-b ADDR is the source address"},
    {"-X", WITH_PROXY, NULL, PROXY},
    {"-X", NULL, NULL, CONNECT_PROXY},
    {"-x", WITH_PROXY, is_endpoint, PROXY},
    {"-x", NULL, is_endpoint, CONNECT_PROXY},
    {"-i", NULL, never, "a pause between lines is 'sockkit connect --line-delay TIME'"},
    {"-d", "connect serve", NULL, "--recv-only never reads stdin"},
    {"-d", NULL, NULL, "'sockkit connect --recv-only' never reads stdin"},
    {"-c", "connect serve", is_word, RUN_COMMAND},
    {"-c", NULL, is_word, SERVE_RUNS},
    {"--hex", "connect serve udp-send udp-serve", is_hex,
     "--hex-dump FILE shows bytes; --escapes sends them, as '\\x41\\x0a'"},
    {"--hex", NULL, is_hex,
     "'sockkit connect' shows bytes (--hex-dump) and sends them (--escapes)"},
    {"--listen", SERVERS, NULL, BY_ITSELF},
    {"--listen", "udp-send", NULL, "'sockkit udp-serve' listens for datagrams"},
    {"--listen", NULL, NULL, SERVE_LISTENS},
    {"--keep-open", SERVERS, NULL, FOR_EVER},
    {"--keep-open", NULL, NULL, SERVE_FOR_EVER},
    {"--udp", "udp-serve udp-send", NULL, "leave it out: datagrams are all that it knows"},
    {"--udp", NULL, NULL, DATAGRAMS},
    {"--sh-exec", "connect serve", NULL, RUN_COMMAND},
    {"--sh-exec", NULL, NULL, SERVE_RUNS},
    {"-p", "connect chat udp-send " SERVERS, is_ports, ONE_PORT},
    {"--port", "connect chat udp-send " SERVERS, is_ports, ONE_PORT},
    {"", "connect chat udp-send", is_host_ports, ONE_PORT},
    {"", SERVERS, is_socat_listener, LISTEN_THERE},
    {"", NULL, is_socat_listener, "an address of socat; " SERVE_LISTENS},
    {"", SERVERS, is_socat_path, "an address of socat; -U PATH says where to listen"},
    {"", NULL, is_socat_path, SOCAT_PATH},
    {"", "serve", is_socat_peer, "an address of socat; --to HOST:PORT passes connections on"},
    {"", NULL, is_socat_peer, SOCAT_PEER},
    {"--to", NULL, is_socat_path, SOCAT_PATH},
    {"--to", NULL, is_socat_peer, SOCAT_PEER},
    {NULL, NULL, NULL, NULL},
};

/* --- in place of an applet --- */

static const struct {
    const char *names; /* between blanks */
    const char *advice;
} commands[] = {
    {" nc netcat ncat ", "'sockkit connect' connects, 'sockkit serve' listens; " DATAGRAMS},
    {" telnet client ", "'sockkit connect' connects to a server"},
    {" listen listener tcpserver ", "'sockkit serve' listens for clients"},
    {" tour scenes ", "'sockkit help tour' shows what servers and clients do"},
    {" labs lab exercises ", "'man sockkit-labs' has the exercises"},
    {" socat forward relay proxy ", "'sockkit serve --to HOST:PORT' passes connections on"},
};

/* Socat has addresses in place of a command. */
static bool is_socat_address(const char *word) {
    return !strcmp(word, "-") || is_socat_listener(word, NULL) || is_socat_path(word, NULL) ||
           is_socat_peer(word, NULL);
}

static int command_named(const char *typed) {
    const char *word = is_socat_address(typed) ? "netcat" : typed;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        const char *found = *word ? strstr(commands[i].names, word) : NULL;
        if (!found || found[-1] != ' ' || found[strlen(word)] != ' ') continue;
        msg_error("unknown applet '%s': %s", typed, tr(commands[i].advice));
        return -1;
    }
    return 0;
}

int netcat_command(const char *word) {
    if (*word != '-' || !word[1]) return command_named(word);
    if (word[1] == '-') return foreign_option(netcat_words, "", word);
    bool letters = strspn(word + 1, "46klnpuvz") == strlen(word + 1); /* as in -nvlp */
    for (const struct foreign_word *w = netcat_words; w->option; w++)
        if (!strncmp(word, w->option, 2) || (letters && strchr(word, w->option[1])))
            return foreign_option(netcat_words, "", w->option);
    return 0;
}
