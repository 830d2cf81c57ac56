#include "common/cli/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

/* What a confined process found: errno, 0 where a call succeeded. */
struct findings {
    int in_force, reading, making, making_elsewhere, removing, removing_elsewhere, running,
        reading_before;
};

static int outcome(int result) { return result < 0 ? errno : 0; }

static int outcome_of_running(void) {
    static char *const words[] = {(char *)(uintptr_t) "true", NULL};
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        execv("/bin/true", words);
        _exit(errno);
    }
    waitpid(pid, &status, 0);
    return WEXITSTATUS(status);
}

/* In two folders, each with the file "there"; files may be removed from the first. */
static struct findings look_around(int ours, int other) {
    struct findings f = {0};
    char byte;
    int before = openat(ours, "there", O_RDONLY);
    f.in_force = sandbox_enter((int[]){-1, ours}, 2);
    f.reading = outcome(openat(ours, "there", O_RDONLY));
    f.making = outcome(openat(ours, "new", O_WRONLY | O_CREAT, 0666));
    f.making_elsewhere = outcome(mkdirat(other, "new", 0777));
    f.removing = outcome(unlinkat(ours, "there", 0));
    f.removing_elsewhere = outcome(unlinkat(other, "there", 0));
    f.running = outcome_of_running();
    f.reading_before = outcome((int)read(before, &byte, 1));
    return f;
}

static int folder(const char *path) {
    mkdir(path, 0777);
    int fd = open(path, O_RDONLY | O_DIRECTORY);
    int file = openat(fd, "there", O_WRONLY | O_CREAT, 0666);
    close(file);
    return fd;
}

static struct findings confined(void) {
    char base[] = "/tmp/sockkit-sandbox.XXXXXX";
    struct findings f = {.in_force = -1};
    int ends[2], status;
    if (!mkdtemp(base) || chdir(base) < 0 || pipe(ends) < 0) return f;
    int ours = folder("ours"), other = folder("other");
    pid_t pid = fork();
    if (pid == 0) {
        f = look_around(ours, other);
        _exit(write(ends[1], &f, sizeof f) != sizeof f);
    }
    close(ends[1]);
    if (read(ends[0], &f, sizeof f) != sizeof f) f.in_force = -1;
    waitpid(pid, &status, 0);
    close(ends[0]);
    unlinkat(ours, "there", 0), unlinkat(ours, "new", 0), unlinkat(other, "there", 0),
        unlinkat(other, "new", AT_REMOVEDIR);
    close(ours), close(other);
    rmdir("ours"), rmdir("other"), rmdir(base);
    return f;
}

static void what_is_confined_opens_and_runs_nothing(void) {
    struct findings f = confined();
    bool landlock =
        syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;
    CHECK(f.in_force >= 0 && f.reading_before == 0 && f.removing == 0);
    if (f.in_force == 0) return; /* sandbox_none.c */
    CHECK(f.in_force == 2 + landlock && f.running == EPERM);
    if (!landlock) return;
    CHECK(f.reading == EACCES && f.making == EACCES);
    CHECK(f.making_elsewhere == EACCES && f.removing_elsewhere == EACCES);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"what is confined opens and runs nothing, and removes files where it may",
         what_is_confined_opens_and_runs_nothing},
    };
    return UNIT_RUN(tests);
}
