#include "applets/tour/tour.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "applets/tour/page.h"
#include "applets/tour/svg.h"
#include "common/base/aside.h"
#include "common/base/lang.h"
#include "common/base/msg.h"
#include "common/base/text.h"
#include "common/base/vis.h"
#include "common/loop/sig.h"

#define TOPICS_MOST 16
#define HELD (INT64_C(150) * 1000000) /* ns */

/* What was asked for. */
struct wish {
    const char *topic; /* NULL: all of them */
    const char *file;  /* --svg; NULL: text */
};

/* --- the arguments --- */

static const struct scene *scene_of(const char *topic) {
    for (const struct scene *s = scenes; s->topic; s++)
        if (!strcmp(s->topic, topic)) return s;
    return NULL;
}

const char *tour_topics(char out[TOUR_TOPICS]) {
    size_t used = 0;
    for (const struct scene *s = scenes; s->topic && used < TOUR_TOPICS; s++)
        used += (size_t)snprintf(out + used, TOUR_TOPICS - used, "%s%s", used ? " " : "", s->topic);
    return out;
}

static int unknown_topic(const char *topic) {
    const char *names[TOPICS_MOST + 1] = {NULL}, *nearest;
    char shown[256], all[TOUR_TOPICS];
    size_t n = 0;
    for (const struct scene *s = scenes; s->topic && n < TOPICS_MOST; s++) names[n++] = s->topic;
    nearest = text_nearest(topic, names);
    vis_quote(topic, strlen(topic), 48, shown);
    if (nearest)
        msg_error("the tour has no topic %s (did you mean '%s'?)", shown, nearest);
    else
        msg_error("the tour has no topic %s (it has %s)", shown, tour_topics(all));
    return -1;
}

static int read_file_name(struct wish *w, char ***at) {
    const char *equals = strchr(**at, '=');
    if (!equals && (*at)[1]) ++*at;
    w->file = equals ? equals + 1 : **at;
    if (!strcmp(w->file, "--svg") || !*w->file) {
        msg_error("--svg needs a file: --svg FILE");
        return -1;
    }
    return 0;
}

static int read_wish(struct wish *w, char **arguments) {
    for (char **at = arguments; *at; at++) {
        bool svg = !strcmp(*at, "--svg") || !strncmp(*at, "--svg=", 6);
        if (svg && read_file_name(w, &at) == 0) continue;
        if (svg) return -1;
        if (**at == '-' || w->topic) {
            msg_error("usage: sockkit help tour [TOPIC] [--svg FILE]");
            return -1;
        }
        if (!scene_of(*at)) return unknown_topic(*at);
        w->topic = *at;
    }
    return 0;
}

/* --- one scene after the other --- */

static size_t columns_of_stdout(void) {
    struct winsize size;
    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_col)
        return PAGE_COLUMNS;
    return size.ws_col;
}

static void play(const struct scene *scene, struct stage *s) {
    s->until = loop_clock() + SCENE_LIMIT;
    scene->play(s);
    stage_finish(s, 0);
    events_settle(&s->events);
}

static int write_out(struct buf *out) {
    fwrite(buf_at(out), 1, out->size, stdout);
    buf_free(out);
    return fflush(stdout) == 0 ? 0 : -1;
}

/* While the scene is played: what is older than HELD, which the other processes have told, too. */
static void look(struct stage *s) {
    struct buf out = {NULL, 0, 0, 0};
    events_settle(&s->events);
    page_events(s->ctx, loop_clock() - HELD, &out);
    write_out(&out);
}

static int show_page(const struct scene *scene, struct stage *s) {
    struct buf out = {NULL, 0, 0, 0};
    struct page page = {.scene = scene, .stage = s, .columns = columns_of_stdout()};
    page_head(&page, &out);
    if (write_out(&out) < 0) return -1;
    s->look = look;
    s->ctx = &page;
    play(scene, s);
    s->look = NULL;
    s->ctx = NULL;
    page_events(&page, INT64_MAX, &out);
    buf_put(&out, "\n", 1);
    return write_out(&out);
}

/* Waits for Enter where somebody reads the scenes at a terminal. False: there will be none. */
static bool turn_page(const struct scene *next) {
    int key;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) return true;
    printf(tr("Enter: the next scene (%s); Ctrl-C: the end "), next->topic);
    fflush(stdout);
    while ((key = getchar()) != '\n')
        if (key == EOF) return false;
    return true;
}

static int show(const struct wish *w, struct stage *s, FILE *svg) {
    struct svg_sheet sheet = {.file = svg};
    for (const struct scene *scene = scenes; scene->topic; scene++) {
        if (w->topic && strcmp(w->topic, scene->topic) != 0) continue;
        if (!svg && !w->topic && scene != scenes && !turn_page(scene)) break;
        if (svg) play(scene, s);
        if (svg) svg_scene(&sheet, scene, s);
        if (!svg && show_page(scene, s) < 0) return -1;
        stage_clear(s);
    }
    if (svg) svg_end(&sheet);
    return 0;
}

/* --- the whole --- */

static int cannot_write(const char *file) {
    msg_error("cannot write %s: %s", file, lang_error(errno));
    return STATUS_FAILED;
}

static int show_all(const struct wish *w, stage_run *run, FILE *svg) {
    struct stage s = {.run = run, .loop = loop_new()};
    int status = STATUS_OK;
    aside_enable(true);
    if (sig_start(s.loop) < 0) {
        msg_error("cannot watch for signals: %s", lang_error(errno));
        status = STATUS_FAILED;
    } else if (show(w, &s, svg) < 0) {
        status = errno == EPIPE ? STATUS_SIGPIPE : cannot_write("stdout");
    }
    sig_stop();
    loop_free(s.loop);
    return status;
}

int tour_show(char **arguments, stage_run *run) {
    struct wish w = {NULL, NULL};
    if (read_wish(&w, arguments) < 0) return STATUS_USAGE;
    FILE *svg = w.file ? fopen(w.file, "we") : NULL;
    if (w.file && !svg) return cannot_write(w.file);
    int status = show_all(&w, run, svg);
    if (svg && fclose(svg) != 0) return cannot_write(w.file);
    return status;
}
