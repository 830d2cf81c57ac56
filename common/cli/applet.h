/* applet: what an applet is (a constant in its own file), and one run of it. */
#ifndef SOCKKIT_CLI_APPLET_H
#define SOCKKIT_CLI_APPLET_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/mem.h"
#include "common/cli/opt.h"
#include "common/cli/options.h"
#include "common/loop/loop.h"

struct call;

struct applet {
    const char *name;
    const char *summary;  /* one line, no full stop */
    const char *operands; /* "[HOST[:PORT]] [MESSAGE]..."; "": any is a usage error */
    const char *schemes;  /* what an operand may begin with besides a host, for completions; NULL */
    const struct opt_group *groups;
    /* Of the configuration, which begins with a struct common_conf (size_led_by). */
    size_t conf_size;
    const void *defaults;          /* a configuration; NULL: zeroes */
    int (*run)(struct call *call); /* the exit status */
};

/* One run of an applet. */
struct call {
    const struct applet *applet;
    void *conf;
    char **operands;
    int count;
    int before; /* how many operands stood before "--" */
    struct loop *loop;
    int signal;   /* that asked us to end; 0: none */
    bool expired; /* --max-time */
};

/* True when the run must end whatever it is doing: the loop has been stopped. */
static inline bool call_over(const struct call *call) {
    return call->signal || call->expired || loop_error(call->loop);
}

/* The exit status of a run that ended with `status`: a run that was ended by --max-time timed out;
 * one whose loop could not wait failed, which is told here. */
int call_status(const struct call *call, int status);

struct output;

/* Runs on until stdout has taken all that it was given, or has failed, or the run must end. */
void call_drain(const struct call *call, struct output *out);

/* Returns 0, or -1 after having told the usage error that there is an operand. */
int applet_no_operands(const struct call *call);

/* For a server whose operands are messages: returns 0, or -1 after having told the usage error that
 * a number stands alone, without -p, -U and "--": the port was meant (`serve 8888`). */
int applet_no_port_alone(const struct call *call);

/* Parses argv (argv[0] is the applet's name), answers --help, --version and -O help, sets verbosity
 * and trace, and fills *call but for the loop. What is among the foreign words gets the advice
 * there. Returns 0 to run, 1 when all is done, -1 for a usage error. */
int applet_parse(const struct applet *applet, const struct foreign_word *foreign, int argc,
                 char **argv, struct call *call);

struct opt_command applet_command(const struct applet *applet);

#endif
