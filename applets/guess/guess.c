/* guess: the game of the mystery number, for any number of players. */
#include <errno.h>

#include "applets/guess/game.h"
#include "common/base/entropy.h"
#include "common/base/lang.h"
#include "common/serve/responder.h"

struct guess_conf {
    struct common_conf common;
    struct server_conf server;
    int64_t max, tries, seed; /* seed -1: one from the system */
};

static const struct guess_conf defaults = {
    .server = SERVER_CONF_DEFAULTS, .max = 100, .tries = 7, .seed = -1};

static const struct opt_row rows[] = {
    OPT("max", 0, OPT_INTEGER, guess_conf, max, .metavar = "N", .min = 1, .max = GAME_MOST,
        .help = "pick numbers from 1 to N (100)", .flags = OPT_EVERYDAY),
    OPT("tries", 0, OPT_INTEGER, guess_conf, tries, .metavar = "K", .min = 1, .max = GAME_MOST,
        .help = "allow K tries (7)", .flags = OPT_EVERYDAY),
    OPT("seed", 0, OPT_INTEGER, guess_conf, seed, .metavar = "S",
        .help = "pick the same numbers in every run with this S", .flags = OPT_EVERYDAY),
    OPT_END,
};

static const struct opt_group groups[] = {
    {"Game", rows, 0},
    OPTIONS_CLIENTS(struct guess_conf),
    OPTIONS_SERVER(struct guess_conf),
    OPTIONS_SHARED(struct guess_conf),
    {NULL, NULL, 0},
};

struct guess {
    struct responder responder;
    struct game_rules rules;
};

struct player {
    struct lines_session lines;
    struct game game;
};

static struct player *of_lines(struct lines_session *t) {
    return container_of(t, struct player, lines);
}

static struct game_rules *rules_of(struct lines_session *t) {
    return &container_of(responder_of_lines(t), struct guess, responder)->rules;
}

static void on_open(struct lines_session *t) {
    of_lines(t)->game = game_draw(rules_of(t));
    game_explain(lines_answers(t), rules_of(t));
}

static bool on_message(struct lines_session *t, const char *text, size_t size) {
    return game_answer(lines_answers(t), rules_of(t), &of_lines(t)->game, text, size);
}

static int run(struct call *call) {
    static const struct lines_ops lines = {
        .session_size = size_led_by(struct player, lines), .open = on_open, .message = on_message};
    static const struct responder_ops ops = {.lines = &lines};
    const struct guess_conf *conf = call->conf;
    struct guess guess = {
        .rules = {.max = conf->max, .tries = conf->tries, .state = (uint64_t)conf->seed}};
    if (conf->seed < 0 && entropy_fill(&guess.rules.state, sizeof guess.rules.state) < 0) {
        msg_error("cannot get a random number from the system: %s", lang_error(errno));
        return STATUS_FAILED;
    }
    return responder_run(&guess.responder, call, &conf->server, &ops);
}

const struct applet applet_guess = {
    .name = "guess",
    .summary = "Play the mystery number with every client",
    .operands = "",
    .groups = groups,
    .conf_size = size_led_by(struct guess_conf, common),
    .defaults = &defaults,
    .run = run,
};
