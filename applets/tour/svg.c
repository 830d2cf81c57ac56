#include "applets/tour/svg.h"

#include <string.h>

#include "common/base/lang.h"
#include "common/base/wrap.h"

/* In units of the picture. */
enum {
    WIDTH = 1280,
    MARGIN = 32,
    CLIENT_X = 510,
    SERVER_X = 770,
    LEFT_TEXT = CLIENT_X - 22, /* where it ends */
    RIGHT_TEXT = SERVER_X + 22,
    LINE = 17,   /* of text */
    SLOPE = 12,  /* that an arrow falls, while one call goes over */
    APART = 14,  /* between two events */
    WORDS = 56,  /* characters in a row: of 8 units where they are bold and of one width */
    ABOUT = 120, /* the same, above the events */
};

static const char style[] =
    "text{font-family:'DejaVu Sans',Helvetica,Arial,sans-serif;font-size:13px;fill:#444}"
    ".t{font-size:26px;font-weight:bold;fill:#111}.a{font-size:15px;fill:#333}"
    ".c{font-family:'DejaVu Sans Mono',Menlo,Consolas,monospace;font-size:13.5px;"
    "font-weight:bold}.k{fill:#1b5a9e}.s{fill:#a84a00}.w{font-style:italic;fill:#888}"
    ".e{fill:#b00020}.m{font-family:'DejaVu Sans Mono',Menlo,Consolas,monospace;fill:#222}"
    ".l{font-weight:bold;fill:#222;text-anchor:middle;font-size:12.5px;paint-order:stroke;"
    "stroke:#fff;stroke-width:5px}.r{text-anchor:end}.h{fill:#fff;font-weight:bold;text-anchor:middle;"
    "font-size:15px}.tw{font-size:12px;fill:#8a6d00;font-weight:bold}";

/* --- pieces --- */

static void put_escaped(struct buf *out, const char *text, size_t n) {
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        const char *entity = c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : NULL;
        if (entity)
            buf_put(out, entity, strlen(entity));
        else
            buf_put(out, &c, 1);
    }
}

static void put_text(struct buf *out, int x, int y, const char *class, const char *text) {
    buf_format(out, "<text x='%d' y='%d' class='%s%s' xml:space='preserve'>", x, y, class,
               x == LEFT_TEXT ? " r" : "");
    put_escaped(out, text, strlen(text));
    buf_format(out, "</text>\n");
}

struct point {
    int x, y;
};

/* In rows of so many characters; returns the height that they take. */
static int put_rows(struct buf *out, struct point at, const char *class, const char *text,
                    size_t columns) {
    struct buf rows = {NULL, 0, 0, 0};
    int height = 0;
    wrap_text(text, strlen(text), columns, &rows);
    buf_put(&rows, "", 1);
    for (char *row = rows.bytes + rows.start, *next; row && *row; row = next) {
        next = row + strcspn(row, "\n");
        if (*next) *next++ = '\0';
        put_text(out, at.x, at.y + height, class, row + strspn(row, " "));
        height += LINE;
    }
    buf_free(&rows);
    return height;
}

static void put_arrow(struct buf *out, struct point from, struct point to, const char *label) {
    int inset = from.x < to.x ? 4 : -4;
    buf_format(out,
               "<line x1='%d' y1='%d' x2='%d' y2='%d' stroke='#333' stroke-width='2' "
               "marker-end='url(#head)'/>\n",
               from.x + inset, from.y, to.x - inset, to.y);
    put_text(out, (from.x + to.x) / 2, (from.y + to.y) / 2 - 5, "l", label);
}

/* --- events --- */

static int line_of(const struct event *e) { return e->actor == 0 ? SERVER_X : CLIENT_X; }

static int other_line(const struct event *e) { return e->actor == 0 ? CLIENT_X : SERVER_X; }

struct picture {
    struct buf *out;
    const struct scene *scene;
    const struct stage *stage;
    int y, since[2]; /* TIME_WAIT of a client, of the server */
    int at[512];     /* where the events are */
};

/* What an event says, beside its line. Returns the height. */
static int put_words(const struct picture *p, const struct event *e, int y) {
    char call[512];
    const char *colour = e->actor == 0 ? "c s" : "c k";
    int x = e->actor == 0 ? RIGHT_TEXT : LEFT_TEXT, height = 0;
    const char *class = e->kind == EVENT_WAIT    ? "w"
                        : e->kind == EVENT_SAYS  ? "e"
                        : e->kind == EVENT_ENTER ? "m"
                                                 : "";
    struct buf *out = p->out;
    bool several = p->scene->clients > 1 && e->actor > 0;
    snprintf(call, sizeof call, several ? "%d: %s" : "%.0d%s", several ? e->actor : 0,
             *e->call ? e->call : e->words);
    if (!*e->call) return put_rows(out, (struct point){x, y}, class, call, WORDS);
    height = put_rows(out, (struct point){x, y}, colour, call, 52);
    if (*e->words) height += put_rows(out, (struct point){x, y + height}, "", e->words, WORDS);
    return height;
}

static void put_dot(struct buf *out, const struct event *e, int y) {
    if (e->kind == EVENT_WAIT || e->kind == EVENT_SAYS || e->kind == EVENT_ENTER) return;
    buf_format(out, "<circle cx='%d' cy='%d' r='4' fill='%s'/>\n", line_of(e), y,
               e->actor == 0 ? "#a84a00" : "#1b5a9e");
}

/* An arrow that nobody received, or whose answer is the system's. Returns the height. */
static int put_lonely(struct buf *out, const struct event *e, int y) {
    struct point here = {line_of(e), y}, there = {other_line(e), y + SLOPE};
    char label[EVENT_LABEL];
    event_sends(e, label);
    if (e->kind == EVENT_ICMP) {
        put_arrow(out, (struct point){there.x, y - SLOPE}, here, event_returns(e));
        return 0;
    }
    if (!*label) return 0;
    if (e->kind == EVENT_LOST) there.x -= 60;
    put_arrow(out, here, there, label);
    if (e->kind == EVENT_LOST) put_text(out, there.x + 14, there.y + 5, "e", "✕");
    if (e->kind != EVENT_REFUSED) return 0;
    put_arrow(out, (struct point){there.x, y + 2 * SLOPE}, (struct point){here.x, y + 3 * SLOPE},
              event_returns(e));
    return 2 * SLOPE;
}

/* The side that has to wait is marked until the end of the scene. */
static void note_time_wait(const struct event *e, int y, int since[2]) {
    bool waits = e->kind == EVENT_CLOSE && strstr(e->words, tr("this side will be in TIME_WAIT"));
    if (waits && !since[e->actor == 0]) since[e->actor == 0] = y;
}

static int larger(int a, int b) { return a > b ? a : b; }

/* The event, and what it caused in the same rows where that follows. Returns how many. */
static size_t put_event(struct picture *p, size_t i) {
    const struct event *e = &p->stage->events.items[i], *next = e + 1;
    bool paired = i + 1 < p->stage->events.count && next->cause == i + 1;
    int height = put_words(p, e, p->y), there = p->y + SLOPE;
    char label[EVENT_LABEL];
    p->at[i] = p->y - 5;
    put_dot(p->out, e, p->at[i]);
    note_time_wait(e, p->y, p->since);
    if (paired) {
        p->at[i + 1] = there - 5;
        put_arrow(p->out, (struct point){line_of(e), p->at[i]},
                  (struct point){line_of(next), p->at[i + 1]}, event_sends(e, label));
        put_dot(p->out, next, p->at[i + 1]);
        note_time_wait(next, there, p->since);
        height = larger(height, SLOPE + put_words(p, next, there));
    } else if (!e->effects) {
        height += put_lonely(p->out, e, p->at[i]);
    }
    if (e->cause && e->cause - 1 != i)
        put_arrow(p->out, (struct point){other_line(e), p->at[e->cause - 1]},
                  (struct point){line_of(e), p->at[i]},
                  event_sends(&p->stage->events.items[e->cause - 1], label));
    p->y += height + APART;
    return paired ? 2 : 1;
}

/* --- a scene --- */

static void put_side(struct buf *out, int x, int y, const char *name, const char *fill) {
    buf_format(out, "<rect x='%d' y='%d' width='110' height='30' rx='6' fill='%s'/>\n", x - 55, y,
               fill);
    put_text(out, x, y + 20, "h", name);
}

/* Returns where the events begin. */
static int put_head(struct buf *out, const struct scene *scene, int y) {
    put_text(out, MARGIN, y + 34, "t", tr(scene->title));
    y += 62 + put_rows(out, (struct point){MARGIN, y + 62}, "a", tr(scene->about), ABOUT);
    put_side(out, CLIENT_X, y, tr(scene->clients > 1 ? "CLIENTS" : "CLIENT"), "#1b5a9e");
    put_side(out, SERVER_X, y, tr(scene->server ? "SYSTEM" : "SERVER"), "#a84a00");
    if (scene->server) put_text(out, SERVER_X + 66, y + 20, "", strchr(tr(scene->server), ':') + 2);
    return y + 44;
}

static void put_life(struct buf *out, int x, int from, int to) {
    buf_format(out, "<line x1='%d' y1='%d' x2='%d' y2='%d' stroke='#999' stroke-width='2'/>\n", x,
               from, x, to);
}

static void put_time_wait(struct buf *out, int x, int from, int to) {
    if (!from) return;
    buf_format(out,
               "<rect x='%d' y='%d' width='14' height='%d' fill='url(#wait)' "
               "stroke='#c9a400'/>\n",
               x - 7, from + 4, to - from);
    put_text(out, x == CLIENT_X ? x + 12 : x - 82, to - 4, "tw", "TIME_WAIT");
}

void svg_scene(struct svg_sheet *sheet, const struct scene *scene, const struct stage *s) {
    struct buf body = {NULL, 0, 0, 0};
    struct buf *out = &sheet->drawn;
    int top = put_head(out, scene, sheet->height);
    struct picture p = {.out = &body, .scene = scene, .stage = s, .y = top + 22};
    size_t most = sizeof p.at / sizeof p.at[0] - 1;
    for (size_t i = 0; i < s->events.count && i < most;) i += put_event(&p, i);
    int end = p.y + 14;
    put_life(out, CLIENT_X, top - 14, end);
    put_life(out, SERVER_X, top - 14, end);
    put_time_wait(out, CLIENT_X, p.since[0], end);
    put_time_wait(out, SERVER_X, p.since[1], end);
    buf_put(out, buf_at(&body), body.size);
    buf_free(&body);
    sheet->height = end + 30;
}

void svg_end(struct svg_sheet *sheet) {
    fprintf(sheet->file,
            "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' "
            "viewBox='0 0 %d %d'>\n<style>%s</style>\n<defs><marker id='head' markerWidth='9' "
            "markerHeight='8' refX='8' refY='4' orient='auto'><path d='M0,0 L9,4 L0,8 z' "
            "fill='#333'/></marker><pattern id='wait' width='8' height='8' "
            "patternUnits='userSpaceOnUse' patternTransform='rotate(45)'><rect width='8' "
            "height='8' fill='#fff3c4'/><rect width='3' height='8' fill='#e0bc3a'/></pattern>"
            "</defs>\n<rect width='100%%' height='100%%' fill='#fff'/>\n",
            WIDTH, sheet->height, WIDTH, sheet->height, style);
    fwrite(buf_at(&sheet->drawn), 1, sheet->drawn.size, sheet->file);
    fputs("</svg>\n", sheet->file);
    buf_free(&sheet->drawn);
}
