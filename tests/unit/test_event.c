#include "applets/tour/event.h"

#include "unit.h"

enum { SERVER, CLIENT, OTHER };

/* The calls in their order, each with the number of its actor. */
static const char *order_of(const struct events *e) {
    static char text[512];
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < e->count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%d %.*s", i ? ", " : "",
                                 e->items[i].actor, (int)strcspn(e->items[i].call, "("),
                                 e->items[i].call);
    return text;
}

static void a_cause_stands_before_its_effect_at_the_same_time(void) {
    struct events e = {NULL, 0, 0};
    events_add(&e, SERVER, 5, "accept(3)   = 4", "from 127.0.0.1:1");
    events_add(&e, SERVER, 7, "recv(4, 9)  = 2", "\"Hi\"");
    events_add(&e, SERVER, 7, "recv(4, 9)  = 0", "end of stream");
    events_add(&e, CLIENT, 5, "connect(3, 127.0.0.1:60000) = 0", "connected");
    events_add(&e, CLIENT, 7, "send(3, 2)  = 2", "\"Hi\"");
    events_add(&e, CLIENT, 7, "shutdown(3, SHUT_WR) = 0", "half-closed");
    events_settle(&e);
    CHECK_TEXT(order_of(&e), "1 connect, 0 accept, 1 send, 1 shutdown, 0 recv, 0 recv");
    CHECK(e.items[1].cause == 1 && e.items[4].cause == 3 && e.items[5].cause == 4);
    events_free(&e);
}

static void what_one_process_did_stays_in_its_order(void) {
    struct events e = {NULL, 0, 0};
    events_add(&e, CLIENT, 9, "", "...  waiting");
    events_add(&e, CLIENT, 3, "connect(3, 127.0.0.1:60000) = 0", "connected");
    events_add(&e, SERVER, 4, "bind(3, 127.0.0.1:60000) = 0", "named");
    events_settle(&e);
    CHECK_TEXT(order_of(&e), "0 bind, 1 , 1 connect");
    events_free(&e);
}

static void pieces_have_the_send_that_they_are_of(void) {
    struct events e = {NULL, 0, 0};
    char label[EVENT_LABEL];
    events_add(&e, CLIENT, 1, "connect(3, 127.0.0.1:60000) = 0", "connected");
    events_add(&e, SERVER, 2, "accept(3) = 4", "from 127.0.0.1:1");
    events_add(&e, CLIENT, 3, "send(3, 4) = 4", "\"abcd\"");
    events_add(&e, CLIENT, 4, "send(3, 1) = 1", "\"e\"");
    events_add(&e, SERVER, 5, "recv(4, 3) = 3", "\"abc\"");
    events_add(&e, SERVER, 6, "recv(4, 3) = 2", "\"de\"");
    events_add(&e, CLIENT, 7, "close(3) = 0", "we ended first");
    events_add(&e, SERVER, 8, "recv(4, 3) = 0", "end of stream");
    events_settle(&e);
    CHECK(e.items[4].cause == 3 && e.items[5].cause == 3 && e.items[7].cause == 7);
    CHECK_TEXT(event_sends(&e.items[2], label), "4 bytes");
    CHECK_TEXT(event_sends(&e.items[3], label), "1 byte");
    CHECK_TEXT(event_sends(&e.items[6], label), "FIN");
    events_free(&e);
}

static void the_queue_is_served_in_its_order_and_a_number_may_come_again(void) {
    struct events e = {NULL, 0, 0};
    char label[EVENT_LABEL];
    events_add(&e, CLIENT, 1, "connect(3, 127.0.0.1:60000) = 0", "connected");
    events_add(&e, OTHER, 2, "connect(3, 127.0.0.1:60000) = 0", "connected");
    events_add(&e, SERVER, 3, "accept(3) = 4", "from 127.0.0.1:1");
    events_add(&e, SERVER, 4, "close(4) = 0", "we ended first");
    events_add(&e, SERVER, 5, "accept(3) = 4", "from 127.0.0.1:2");
    events_add(&e, OTHER, 6, "send(3, 2) = 2", "\"Hi\"");
    events_add(&e, SERVER, 7, "recv(4, 9) = 2", "\"Hi\"");
    events_add(&e, SERVER, 8, "shutdown(4, SHUT_WR) = 0", "half-closed");
    events_add(&e, SERVER, 9, "close(4) = 0", "we ended first");
    events_settle(&e);
    CHECK(e.items[2].cause == 1 && e.items[4].cause == 2 && e.items[6].cause == 6);
    CHECK_TEXT(event_sends(&e.items[7], label), "FIN");
    CHECK_TEXT(event_sends(&e.items[8], label), "");
    events_free(&e);
}

static void datagrams_cross_as_they_are_and_refusals_come_back(void) {
    struct events e = {NULL, 0, 0};
    events_add(&e, CLIENT, 1, "send(3, 2) = 2", "\"Hi\"");
    events_add(&e, SERVER, 2, "recvfrom(3, 9, 127.0.0.1:5) = 2", "\"Hi\"");
    events_add(&e, SERVER, 3, "sendto(3, 1, 127.0.0.1:5) = 1", "\"!\"");
    events_add(&e, CLIENT, 4, "recvfrom(3, 9, 127.0.0.1:6) = 1", "\"!\"");
    events_add(&e, CLIENT, 5, "getsockopt(3, SO_ERROR) = 0", "an ICMP port-unreachable came back");
    events_add(&e, CLIENT, 6, "connect(4, 127.0.0.1:6) = -1", "ECONNREFUSED: Connection refused");
    events_settle(&e);
    CHECK(e.items[1].cause == 1 && e.items[3].cause == 3);
    CHECK_TEXT(event_returns(&e.items[4]), "ICMP");
    CHECK_TEXT(event_returns(&e.items[5]), "RST");
    events_free(&e);
}

static void more_may_be_added_and_settled(void) {
    struct events e = {NULL, 0, 0};
    events_add(&e, CLIENT, 1, "connect(3, 127.0.0.1:60000) = 0", "connected");
    events_settle(&e);
    events_add(&e, SERVER, 2, "accept(3) = 4", "from 127.0.0.1:1");
    events_settle(&e);
    CHECK(e.items[0].effects == 1 && e.items[1].cause == 1);
    events_free(&e);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"a cause stands before its effect at the same time",
         a_cause_stands_before_its_effect_at_the_same_time},
        {"what one process did stays in its order", what_one_process_did_stays_in_its_order},
        {"pieces have the send that they are of", pieces_have_the_send_that_they_are_of},
        {"the queue is served in its order, and a number may come again",
         the_queue_is_served_in_its_order_and_a_number_may_come_again},
        {"datagrams cross as they are, and refusals come back",
         datagrams_cross_as_they_are_and_refusals_come_back},
        {"more may be added and settled", more_may_be_added_and_settled},
    };
    return UNIT_RUN(tests);
}
