#include "common/cli/sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

/* --- the scene: two folders, each with the file "there", and what a server has open --- */

static char base[32];
static int ours, other, before, listener, pair[2];
static pid_t stranger;

static int folder(const char *path) {
    mkdir(path, 0777);
    int fd = open(path, O_RDONLY | O_DIRECTORY);
    int file = openat(fd, "there", O_WRONLY | O_CREAT, 0666);
    if (write(file, "text", 4) != 4) perror(path);
    close(file);
    return fd;
}

static int listen_here(void) {
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr *)&any, sizeof any) < 0 || listen(fd, 5) < 0) perror("listen");
    return fd;
}

static void set_scene(void) {
    strcpy(base, "/tmp/sockkit-sandbox.XXXXXX");
    if (!mkdtemp(base) || chdir(base) < 0) perror(base);
    ours = folder("ours"), other = folder("other");
    before = openat(ours, "there", O_RDWR);
    listener = listen_here();
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0) perror("socketpair");
    stranger = fork();
    if (stranger == 0) {
        pause();
        _exit(0);
    }
}

static void clear_scene(void) {
    kill(stranger, SIGKILL);
    waitpid(stranger, NULL, 0);
    close(before), close(listener), close(pair[0]), close(pair[1]);
    unlinkat(ours, "there", 0), unlinkat(other, "there", 0);
    close(ours), close(other);
    if (rmdir("ours") < 0 || rmdir("other") < 0 || rmdir(base) < 0) perror(base);
}

/* --- what is tried there. Each returns the errno, 0 where it could be done. --- */

static int outcome(long result) { return result < 0 ? errno : 0; }

static int child_outcome(long pid) {
    int status = 0;
    if (pid < 0) return errno;
    if (pid == 0) _exit(0);
    waitpid((pid_t)pid, &status, 0);
    return 0;
}

static int reading(void) { return outcome(openat(ours, "there", O_RDONLY)); }

static int reading_system(void) { return outcome(open("/etc/passwd", O_RDONLY)); }

static int reading_proc(void) { return outcome(open("/proc/self/status", O_RDONLY)); }

static int writing(void) { return outcome(openat(ours, "there", O_WRONLY)); }

static int making(void) { return outcome(openat(ours, "new", O_WRONLY | O_CREAT, 0666)); }

static int making_folder(void) { return outcome(mkdirat(ours, "new", 0777)); }

static int making_link(void) { return outcome(symlinkat("/etc/passwd", ours, "new")); }

static int linking(void) { return outcome(linkat(ours, "there", ours, "new", 0)); }

static int renaming(void) { return outcome(renameat(ours, "there", ours, "there")); }

static int removing(void) { return outcome(unlinkat(ours, "there", 0)); }

static int removing_elsewhere(void) { return outcome(unlinkat(other, "there", 0)); }

static int removing_folder(void) { return outcome(unlinkat(AT_FDCWD, "other", AT_REMOVEDIR)); }

static int cutting(void) { return outcome(truncate("ours/there", 1)); }

static int cutting_open(void) { return outcome(ftruncate(before, 1)); }

static int changing_mode(void) { return outcome(fchmodat(ours, "there", 0600, 0)); }

static int changing_open_mode(void) { return outcome(fchmod(before, 0600)); }

static int changing_owner(void) { return outcome(fchownat(ours, "there", getuid(), (gid_t)-1, 0)); }

static int changing_times(void) { return outcome(utimensat(ours, "there", NULL, 0)); }

static int setting_attribute(void) {
    return outcome(syscall(SYS_setxattr, "ours/there", "user.x", "y", (size_t)1, 0));
}

static int changing_folder(void) { return outcome(chdir("/")); }

static int opening_socket(void) { return outcome(socket(AF_INET, SOCK_STREAM, 0)); }

static int opening_unix_socket(void) { return outcome(socket(AF_UNIX, SOCK_DGRAM, 0)); }

static int opening_raw_socket(void) { return outcome(socket(AF_PACKET, SOCK_RAW, 0)); }

static int opening_pair(void) {
    int ends[2];
    return outcome(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
}

static int binding(void) {
    struct sockaddr_un none = {.sun_family = AF_UNIX};
    return outcome(bind(pair[0], (struct sockaddr *)&none, sizeof none.sun_family));
}

static int listening(void) { return outcome(listen(listener, 1)); }

static int dialling(void) {
    struct sockaddr_in to;
    socklen_t size = sizeof to;
    getsockname(listener, (struct sockaddr *)&to, &size);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    return fd < 0 ? errno : outcome(connect(fd, (struct sockaddr *)&to, sizeof to));
}

static int killing(void) { return outcome(kill(stranger, 0)); }

static int killing_all(void) { return outcome(kill(-1, 0)); }

static int killing_thread(void) { return outcome(syscall(SYS_tgkill, stranger, stranger, 0)); }

static int queueing_signal(void) {
    return outcome(sigqueue(stranger, SIGWINCH, (union sigval){.sival_int = 0}));
}

static int owning_signal(void) { return outcome(fcntl(pair[0], F_SETOWN, stranger)); }

static int opening_process(void) { return outcome(syscall(SYS_pidfd_open, stranger, 0)); }

static int tracing(void) {
    int error = outcome(ptrace(PTRACE_SEIZE, stranger, NULL, NULL));
    if (!error) ptrace(PTRACE_DETACH, stranger, NULL, NULL);
    return error;
}

static int reading_memory(void) {
    char byte;
    struct iovec here = {&byte, 1}, there = {&stranger, 1};
    return outcome(syscall(SYS_process_vm_readv, stranger, &here, 1L, &there, 1L, 0L));
}

static int forking(void) { return child_outcome(fork()); }

static int forking_apart(void) {
    return child_outcome(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL));
}

static int forking_apart_anew(void) {
    uint64_t how[8] = {[0] = CLONE_NEWUSER, [4] = SIGCHLD};
    return child_outcome(syscall(SYS_clone3, how, sizeof how));
}

static int unsharing(void) { return outcome(syscall(SYS_unshare, CLONE_FILES)); }

static int running(void) {
    static char *const words[] = {(char *)(uintptr_t) "true", NULL};
    execv("/bin/true", words);
    return errno;
}

static int running_memory(void) {
    int fd = (int)syscall(SYS_memfd_create, "x", 0);
    return fd < 0 ? errno : outcome(syscall(SYS_execveat, fd, "", NULL, NULL, 0x1000));
}

/* musl makes ENOMEM of EPERM. */
static int mapping_code(void) {
    void *at = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at != MAP_FAILED ? 0 : errno == ENOMEM ? EPERM : errno;
}

static int making_code(void) {
    void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? -1 : outcome(mprotect(at, 4096, PROT_READ | PROT_EXEC));
}

static int typing(void) { return outcome(ioctl(0, TIOCSTI, "x")); }

static int starting_ring(void) { return outcome(syscall(SYS_io_uring_setup, 1, NULL)); }

static int starting_faults(void) { return outcome(syscall(SYS_userfaultfd, 1)); }

static int opening_filesystem(void) { return outcome(syscall(SYS_fsopen, "tmpfs", 0)); }

static int opening_tree(void) { return outcome(syscall(SYS_open_tree, AT_FDCWD, "/", 0)); }

static int mounting(void) { return outcome(syscall(SYS_mount, "x", "/", "none", 0, NULL)); }

static int loading_bpf(void) { return outcome(syscall(SYS_bpf, 0, NULL, 0)); }

static int watching_kernel(void) {
    return outcome(syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0));
}

static int reading_keys(void) { return outcome(syscall(SYS_keyctl, 0, -3, 0)); }

static int changing_user(void) { return outcome(setuid(getuid())); }

static int changing_limit(void) {
    struct rlimit limit;
    return outcome(getrlimit(RLIMIT_NOFILE, &limit)) || outcome(setrlimit(RLIMIT_NOFILE, &limit));
}

/* --- what a server goes on doing --- */

static int reading_open(void) {
    char byte;
    return outcome(read(before, &byte, 1));
}

static int measuring_open(void) {
    struct stat st;
    return outcome(fstat(before, &st));
}

static int talking(void) {
    char bytes[4];
    return outcome(send(pair[0], "text", 4, 0)) || outcome(recv(pair[1], bytes, 4, 0));
}

static int accepting(void) {
    fcntl(listener, F_SETFL, O_NONBLOCK);
    return accept(listener, NULL, NULL) < 0 && errno != EAGAIN ? errno : 0;
}

static int piping(void) {
    int ends[2];
    return outcome(pipe2(ends, O_CLOEXEC)) || outcome(write(ends[1], "x", 1)) ||
           outcome(syscall(SYS_splice, ends[0], NULL, pair[0], NULL, (size_t)1, 0));
}

static int allocating(void) {
    char *bytes = malloc(100), *more = realloc(bytes, (size_t)8 << 20);
    free(more ? more : bytes);
    return more ? 0 : ENOMEM;
}

static int telling_time(void) {
    time_t now = time(NULL);
    struct tm local;
    return localtime_r(&now, &local) ? 0 : EINVAL;
}

static int raising(void) {
    signal(SIGUSR1, SIG_IGN);
    return raise(SIGUSR1) == 0 ? 0 : errno;
}

static int looking_up(void) {
    struct addrinfo *list;
    int error = getaddrinfo("localhost", NULL, NULL, &list);
    if (!error) freeaddrinfo(list);
    return error;
}

/* --- whose calls are made otherwise --- */

#ifdef __x86_64__
/* x32: the same table under other numbers. */
static int calling_x32(void) { return outcome(syscall(0x40000000 + SYS_getpid)); }

/* The table of i386: 20 is getpid(2). */
static int calling_i386(void) {
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory", "r8", "r9", "r10", "r11");
    return result < 0 ? (int)-result : 0;
}
#else
static int calling_x32(void) { return EPERM; }

static int calling_i386(void) { return EPERM; }
#endif

/* --- all of it --- */

struct deed {
    const char *name;
    int (*try)(void);
};

#define DEED(function) \
    { #function, function }

/* What everybody may do who is not confined. */
static const struct deed free_deeds[] = {DEED(reading),
                                         DEED(reading_system),
                                         DEED(reading_proc),
                                         DEED(writing),
                                         DEED(making),
                                         DEED(making_folder),
                                         DEED(making_link),
                                         DEED(linking),
                                         DEED(renaming),
                                         DEED(removing_folder),
                                         DEED(cutting),
                                         DEED(cutting_open),
                                         DEED(changing_mode),
                                         DEED(changing_open_mode),
                                         DEED(changing_owner),
                                         DEED(changing_times),
                                         DEED(changing_folder),
                                         DEED(opening_socket),
                                         DEED(opening_unix_socket),
                                         DEED(opening_pair),
                                         DEED(binding),
                                         DEED(listening),
                                         DEED(dialling),
                                         DEED(killing),
                                         DEED(killing_thread),
                                         DEED(queueing_signal),
                                         DEED(owning_signal),
                                         DEED(opening_process),
                                         DEED(forking),
                                         DEED(unsharing),
                                         DEED(running),
                                         DEED(running_memory),
                                         DEED(mapping_code),
                                         DEED(making_code),
                                         DEED(changing_user),
                                         DEED(changing_limit)};

/* What the system may deny whoever tries. */
static const struct deed other_deeds[] = {DEED(removing_elsewhere),
                                          DEED(setting_attribute),
                                          DEED(opening_raw_socket),
                                          DEED(killing_all),
                                          DEED(tracing),
                                          DEED(reading_memory),
                                          DEED(forking_apart),
                                          DEED(typing),
                                          DEED(starting_ring),
                                          DEED(starting_faults),
                                          DEED(opening_filesystem),
                                          DEED(opening_tree),
                                          DEED(mounting),
                                          DEED(loading_bpf),
                                          DEED(watching_kernel),
                                          DEED(reading_keys),
                                          DEED(calling_x32),
                                          DEED(calling_i386)};

static const struct deed needed_deeds[] = {
    DEED(reading_open), DEED(measuring_open), DEED(talking),      DEED(accepting),
    DEED(piping),       DEED(allocating),     DEED(telling_time), DEED(raising)};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* --- trying them, each in a child of its own --- */

/* How a child is confined before it tries. */
struct confinement {
    bool none;
    unsigned needs;
    void (*lack)(void); /* takes a mechanism away before */
};

static const int *directories;
static int directory_count;

static void confine(const struct confinement *c) {
    if (c->lack) c->lack();
    if (!c->none) sandbox_enter(c->needs, directories, directory_count);
}

static int in_child(const struct confinement *c, int (*try)(void)) {
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        confine(c);
        _exit(try());
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Names those whose errno is not the one expected. */
static void check_all(const struct deed *deeds, size_t count, const struct confinement *c,
                      int expected) {
    for (size_t i = 0; i < count; i++) {
        int got = in_child(c, deeds[i].try);
        if (got != expected) printf("# %s: errno %d, not %d\n", deeds[i].name, got, expected);
        CHECK(got == expected);
    }
}

static void check_one(const struct confinement *c, int (*try)(void), int expected) {
    check_all(&(struct deed){"this", try}, 1, c, expected);
}

/* Where the build has no sandbox (sandbox_none.c), nothing is in force. */
static int in_force(void) { return sandbox_enter(0, NULL, 0); }

static int kernel_has(void) {
    int has = prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0 ? SANDBOX_CALLS : 0;
    if (syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, LANDLOCK_CREATE_RULESET_VERSION) > 0)
        has |= SANDBOX_FILES;
    return has;
}

static bool built_without(void) {
    return in_child(&(struct confinement){.none = true}, in_force) == 0;
}

/* --- the tests --- */

static const struct confinement loose = {.none = true}, closed = {.none = false};

static void what_the_kernel_has_is_in_force(void) {
    int found = in_child(&loose, in_force);
    CHECK(found == 0 || found == kernel_has());
}

static void all_but_the_needed_fails_with_eperm(void) {
    if (built_without()) return;
    set_scene();
    check_all(free_deeds, COUNT(free_deeds), &closed, EPERM);
    check_all(other_deeds, COUNT(other_deeds), &closed, EPERM);
    clear_scene();
}

/* Else the test before would show nothing. */
static void who_is_not_confined_may(void) {
    set_scene();
    for (size_t i = 0; i < COUNT(free_deeds); i++) {
        int got = in_child(&loose, free_deeds[i].try);
        if (got == EPERM) printf("# %s\n", free_deeds[i].name);
        CHECK(got != EPERM);
    }
    unlinkat(ours, "new", AT_REMOVEDIR), unlinkat(ours, "new", 0);
    clear_scene();
}

static void what_a_server_needs_it_may(void) {
    set_scene();
    check_all(needed_deeds, COUNT(needed_deeds), &closed, 0);
    clear_scene();
}

static void files_are_removed_where_it_may(void) {
    int where[2] = {-1, -1};
    set_scene();
    where[1] = ours, directories = where, directory_count = 2;
    if (!built_without()) {
        check_one(&closed, removing_elsewhere, kernel_has() & SANDBOX_FILES ? EACCES : 0);
        check_one(&closed, removing_folder, EPERM);
    }
    check_one(&closed, removing, 0);
    directories = NULL, directory_count = 0;
    clear_scene();
}

static void who_dials_may_dial(void) {
    const struct confinement dials = {.needs = SANDBOX_DIALS};
    set_scene();
    check_one(&dials, dialling, 0);
    check_one(&dials, opening_unix_socket, 0);
    if (!built_without()) {
        check_one(&dials, opening_raw_socket, EPERM);
        check_one(&dials, listening, EPERM);
        check_one(&dials, forking, EPERM);
        check_one(&dials, reading_system, EPERM);
    }
    clear_scene();
}

static void who_looks_up_may_read_the_systems_files(void) {
    const struct confinement looks_up = {.needs = SANDBOX_LOOKS_UP | SANDBOX_DIALS};
    set_scene();
    check_one(&looks_up, looking_up, 0);
    check_one(&looks_up, reading_system, 0);
    check_one(&looks_up, forking, 0);
    if (!built_without()) {
        check_one(&looks_up, reading, kernel_has() & SANDBOX_FILES ? EACCES : 0);
        check_one(&looks_up, writing, EPERM);
        check_one(&looks_up, making, EPERM);
        check_one(&looks_up, forking_apart, EPERM);
        check_one(&looks_up, forking_apart_anew, ENOSYS);
        check_one(&looks_up, running, EPERM);
        check_one(&looks_up, opening_raw_socket, EPERM);
    }
    clear_scene();
}

/* --- a kernel that lacks one of them --- */

/* Denies a call, whose first argument is this, with an error. */
static void deny(uint32_t call, uint32_t argument, uint32_t error) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, argument, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {COUNT(code), code};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) perror("seccomp");
}

static void lack_seccomp(void) { deny(SYS_prctl, PR_SET_SECCOMP, EINVAL); }

static void lack_landlock(void) { deny(SYS_landlock_create_ruleset, 0, ENOSYS); }

static void lack_both(void) { lack_landlock(), lack_seccomp(); }

static void what_is_lacking_is_left_out(void) {
    struct confinement c = {.none = true, .lack = lack_both};
    if (built_without()) return;
    CHECK(in_child(&c, in_force) == 0);
    c.lack = lack_seccomp;
    CHECK(in_child(&c, in_force) == (kernel_has() & SANDBOX_FILES));
    c.lack = lack_landlock;
    CHECK(in_child(&c, in_force) == (kernel_has() & SANDBOX_CALLS));
}

static void landlock_holds_alone(void) {
    const struct confinement c = {.lack = lack_seccomp};
    long version =
        syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, LANDLOCK_CREATE_RULESET_VERSION);
    if (built_without() || version < 1) return;
    set_scene();
    check_one(&c, reading, EACCES);
    check_one(&c, making, EACCES);
    check_one(&c, making_folder, EACCES);
    check_one(&c, removing_elsewhere, EACCES);
    check_one(&c, running, EACCES);
    check_one(&c, cutting, version >= 3 ? EACCES : 0);
    check_one(&c, dialling, version >= 4 ? EACCES : 0);
    check_one(&c, killing, version >= 6 ? EPERM : 0);
    clear_scene();
}

/* --- capabilities --- */

static int status_file;

/* The number of lines of /proc/self/status that show a capability. */
static int capabilities(void) {
    char text[8192], *line;
    int held = 0;
    ssize_t n = read(status_file, text, sizeof text - 1);
    if (n <= 0) return 255;
    text[n] = '\0';
    for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        if (!strncmp(line, "Cap", 3) && strncmp(line, "CapBnd", 6))
            held += strspn(line + 7, "0\t ") != strlen(line + 7);
    return held;
}

static void open_status(void) { status_file = open("/proc/self/status", O_RDONLY); }

static void no_capability_is_left(void) {
    const struct confinement before_it = {.none = true, .lack = open_status};
    const struct confinement in_it = {.lack = open_status};
    if (built_without()) return;
    CHECK(geteuid() != 0 || in_child(&before_it, capabilities) > 0);
    CHECK(in_child(&in_it, capabilities) == 0);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"what the kernel has is in force", what_the_kernel_has_is_in_force},
        {"all but what is needed fails with EPERM", all_but_the_needed_fails_with_eperm},
        {"who is not confined may do it", who_is_not_confined_may},
        {"what a server needs it may do", what_a_server_needs_it_may},
        {"files are removed where it may, and nowhere else", files_are_removed_where_it_may},
        {"who dials may dial, and no more", who_dials_may_dial},
        {"who looks up names may read the system's files, and no more",
         who_looks_up_may_read_the_systems_files},
        {"what the kernel lacks is left out", what_is_lacking_is_left_out},
        {"landlock holds alone", landlock_holds_alone},
        {"no capability is left", no_capability_is_left},
    };
    return UNIT_RUN(tests);
}
