#include "common/cli/applet.h"

#include <stdio.h>
#include <string.h>

#include "common/base/addr.h"
#include "common/base/aside.h"
#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/msg.h"
#include "common/base/vis.h"
#include "common/cli/help.h"
#include "common/io/output.h"
#include "common/net/await.h"
#include "common/net/call.h"
#include "common/net/sock.h"
#include "common/tty/step.h"

int call_status(const struct call *call, int status) {
    int error = loop_error(call->loop);
    if (call->expired) return STATUS_TIMEOUT;
    if (error == 0 || status != STATUS_OK) return status;
    msg_error("cannot wait for events: %s", lang_error(error));
    return STATUS_FAILED;
}

void call_drain(const struct call *call, struct output *out) {
    output_flush(out);
    while (!call_over(call) && !output_drain(out)) continue;
}

struct opt_command applet_command(const struct applet *applet) {
    return (struct opt_command){.name = applet->name, .groups = applet->groups};
}

static void help(const struct applet *applet) {
    struct opt_command command = applet_command(applet);
    struct buf text = {0};
    buf_format(&text, tr("Usage: sockkit %s [OPTION]...%s%s\n%s.\n"), applet->name,
               *applet->operands ? " " : "", tr(applet->operands), tr(applet->summary));
    help_put(&text, &command, HELP_LINES - 4);
    buf_format(&text, tr("\nTimes: 500ms 2 1.5s 2m 1h. Sizes: 4096 64K 1M. More: man sockkit-%s\n"),
               applet->name);
    printf("%.*s", (int)text.size, buf_at(&text));
    buf_free(&text);
}

static bool answered(const struct applet *applet, const struct common_conf *c) {
    if (c->help)
        help(applet);
    else if (c->version)
        printf("sockkit %s\n", SOCKKIT_VERSION);
    else if (c->sockopts.help)
        sockopt_help();
    else
        return false;
    return true;
}

/* The one operand, where that is a number which is likely meant as the port; else NULL. */
static const char *port_alone(const struct call *call) {
    const struct common_conf *c = call->conf;
    uint16_t port;
    bool alone = call->count == 1 && call->before == 1 && !c->port && !c->unix_path;
    return alone && addr_port_number(call->operands[0], &port) ? call->operands[0] : NULL;
}

int applet_no_operands(const struct call *call) {
    char shown[256];
    if (call->count == 0) return 0;
    vis_quote(call->operands[0], strlen(call->operands[0]), 48, shown);
    if (port_alone(call))
        msg_error("unexpected operand %s (use -p %s to listen there)", shown, port_alone(call));
    else
        msg_error("unexpected operand %s (see sockkit %s --help)", shown, call->applet->name);
    return -1;
}

int applet_no_port_alone(const struct call *call) {
    const char *port = port_alone(call);
    if (!port) return 0;
    msg_error("'%s' alone is no message (use -p %s to listen there; -- %s says it)", port, port,
              port);
    return -1;
}

/* Returns 0, or -1 after having told the usage error. */
static int show_calls(const struct common_conf *c) {
    const char *lacking = !c->step ? NULL : !c->trace ? "--trace" : NULL;
    sock_trace(c->trace);
    aside_enable(c->trace > 0);
    if (c->trace) await_start();
    if (c->step && !lacking && step_open() < 0) lacking = tr("a terminal");
    if (c->step) call_pause(step_wait);
    if (lacking) msg_error("--step needs %s (see sockkit --help)", lacking);
    return lacking ? -1 : 0;
}

int applet_parse(const struct applet *applet, const struct foreign_word *foreign, int argc,
                 char **argv, struct call *call) {
    struct opt_command command = applet_command(applet);
    command.foreign = foreign;
    *call = (struct call){.applet = applet, .conf = mem_keep(mem_new(applet->conf_size))};
    if (applet->defaults) memcpy(call->conf, applet->defaults, applet->conf_size);
    msg_applet(applet->name);
    call->count = opt_parse(&command, call->conf, argc, argv, &call->before);
    call->operands = argv + 1;
    if (call->count < 0) return -1;
    const struct common_conf *c = call->conf;
    if (call->before > 0 && !c->unix_path &&
        foreign_value(foreign, applet->name, "", call->operands[0], NULL) < 0)
        return -1;
    msg_verbosity(c->quiet ? -1 : c->verbose);
    msg_timestamps(c->timestamps);
    if (answered(applet, c)) return 1;
    if (c->read_size) sock_read_at_most((size_t)c->read_size);
    if (show_calls(c) < 0) return -1;
    return *applet->operands ? 0 : applet_no_operands(call);
}
