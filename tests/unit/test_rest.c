/* What becomes of stdin when the peer has ended its side first. */
#include "common/io/rest.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "unit.h"

static void verdicts(void) {
    for (int known = 0; known < 4; known++) {
        bool delivered = known & 1, spoke = known & 2;
        enum rest_verdict pipe = spoke && !delivered ? REST_BRIEFLY : REST_TO_END;
        CHECK(rest_judge(SOURCE_FILE, delivered, spoke) == REST_TO_END);
        CHECK(rest_judge(SOURCE_TTY, delivered, spoke) == REST_OVER);
        CHECK(rest_judge(SOURCE_PIPE, delivered, spoke) == pipe);
        CHECK(rest_judge(SOURCE_SOCKET, delivered, spoke) == pipe);
    }
}

static void unread(void) {
    char path[] = "/tmp/unread.XXXXXX";
    int ends[2], fd = mkstemp(path);
    CHECK(fd >= 0 && pipe(ends) == 0 && ftruncate(fd, 1000) == 0);
    unlink(path);
    CHECK(rest_unread(fd) == 1000);
    CHECK(lseek(fd, 400, SEEK_SET) == 400 && rest_unread(fd) == 600);
    CHECK(lseek(fd, 2000, SEEK_SET) == 2000 && rest_unread(fd) == 0);
    CHECK(rest_unread(ends[0]) == 0 && rest_unread(-1) == 0);
    close(fd);
    close(ends[0]);
    close(ends[1]);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"bytes come before convenience, but no idle pipe is waited for", verdicts},
        {"what was never read of a regular file is known, of nothing else", unread},
    };
    return UNIT_RUN(tests);
}
