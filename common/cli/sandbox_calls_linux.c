#include "common/cli/sandbox_calls.h"

#include <asm/ioctls.h>
#include <assert.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/net.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/cli/sandbox.h"
#include "common/cli/sandbox_numbers.h"

/* --- the list --- */

/* Of an argument: the bits that are looked at. */
enum mask { NOTHING, ALL, EXECUTABLE, WRITING, NEW_NAMESPACES };

static const uint32_t masks[] = {
    [ALL] = UINT32_MAX,
    [EXECUTABLE] = PROT_EXEC,
    [WRITING] = O_ACCMODE | O_CREAT | O_TRUNC,
    [NEW_NAMESPACES] = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                       CLONE_NEWPID | CLONE_NEWNET,
};

/* A system call that may be made, with a mask only where (argument & mask) == value: of the
 * argument's lower half, which is all of it that the kernel reads of the types here. */
struct permission {
    int call : 24, argument : 4, mask : 4;
    uint32_t value;
};

#define ALLOW(name) \
    { .call = SYS_##name }
#define ALLOW_IF(name, which, bits, wanted) \
    { .call = SYS_##name, .argument = (which), .mask = (bits), .value = (uint32_t)(wanted) }

#define FCNTL(command) ALLOW_IF(fcntl, 1, ALL, command), ALLOW_IF(fcntl64, 1, ALL, command)
#define IOCTL(request) ALLOW_IF(ioctl, 1, ALL, request)
/* i386 has one call for all of sockets. */
#define SOCKETCALL(which) ALLOW_IF(socketcall, 0, ALL, which)

/* tcgetattr(3), tcsetattr(3) of a libc that knows all speeds; 44 is the size of a struct
 * termios2. */
#define GET_TERMIOS2 _IOC(_IOC_READ, 'T', 0x2A, 44)
#define SET_TERMIOS2 _IOC(_IOC_WRITE, 'T', 0x2B, 44)

/* What the loop of every server calls, those first that are called most. Nothing here opens, makes,
 * changes or removes anything but the descriptors that are open, and their bytes. */
static const struct permission always[] = {
    ALLOW(recvfrom), ALLOW(sendto), ALLOW(epoll_wait), ALLOW(epoll_pwait), ALLOW(epoll_ctl),
    ALLOW(poll), ALLOW(ppoll), ALLOW(ppoll_time64), ALLOW(read), ALLOW(write), ALLOW(readv),
    ALLOW(writev), ALLOW(splice), ALLOW(close), ALLOW(recv), ALLOW(send), ALLOW(recvmsg),
    ALLOW(sendmsg), ALLOW(recvmmsg), ALLOW(recvmmsg_time64), ALLOW(sendmmsg), ALLOW(accept),
    ALLOW(accept4), ALLOW(shutdown), ALLOW(getsockopt), ALLOW(setsockopt), ALLOW(getsockname),
    ALLOW(getpeername), SOCKETCALL(SYS_ACCEPT), SOCKETCALL(SYS_ACCEPT4), SOCKETCALL(SYS_SHUTDOWN),
    SOCKETCALL(SYS_RECV), SOCKETCALL(SYS_RECVFROM), SOCKETCALL(SYS_RECVMSG),
    SOCKETCALL(SYS_RECVMMSG), SOCKETCALL(SYS_SEND), SOCKETCALL(SYS_SENDTO), SOCKETCALL(SYS_SENDMSG),
    SOCKETCALL(SYS_SENDMMSG), SOCKETCALL(SYS_GETSOCKOPT), SOCKETCALL(SYS_SETSOCKOPT),
    SOCKETCALL(SYS_GETSOCKNAME), SOCKETCALL(SYS_GETPEERNAME), ALLOW(epoll_create1), ALLOW(pipe2),
    ALLOW(lseek), ALLOW(_llseek),
    /* The type and size of what is open (libc asks with an empty path), and which file a path is.
     */
    ALLOW(stat), ALLOW(stat64), ALLOW(lstat), ALLOW(lstat64), ALLOW(fstat), ALLOW(fstat64),
    ALLOW(newfstatat), ALLOW(fstatat64), ALLOW(statx), FCNTL(F_GETFD), FCNTL(F_SETFD),
    FCNTL(F_GETFL), FCNTL(F_SETFL), FCNTL(F_DUPFD_CLOEXEC), FCNTL(F_SETPIPE_SZ),
    /* Terminals, and what waits in sockets; not TIOCSTI, which types for the user. */
    IOCTL(FIONREAD), IOCTL(SIOCOUTQ), IOCTL(SIOCATMARK), IOCTL(TIOCGWINSZ), IOCTL(TIOCGPGRP),
    IOCTL(TCGETS), IOCTL(TCSETS), IOCTL(TCSETSW), IOCTL(TCSETSF), IOCTL(GET_TERMIOS2),
    IOCTL(SET_TERMIOS2),
    /* Memory that holds data, never code. */
    ALLOW_IF(mmap, 2, EXECUTABLE, 0), ALLOW_IF(mmap2, 2, EXECUTABLE, 0),
    ALLOW_IF(mprotect, 2, EXECUTABLE, 0), ALLOW(munmap), ALLOW(mremap), ALLOW(madvise), ALLOW(brk),
    ALLOW(rt_sigaction), ALLOW(rt_sigprocmask), ALLOW(rt_sigreturn), ALLOW(sigreturn),
    ALLOW(restart_syscall), ALLOW(wait4), ALLOW(waitid), ALLOW(getpid), ALLOW(gettid),
    ALLOW(getpgid), ALLOW(getpgrp), ALLOW(clock_gettime), ALLOW(clock_gettime64),
    ALLOW(gettimeofday), ALLOW(getrandom), ALLOW(exit), ALLOW(exit_group)};

/* Of its port file and socket path; landlock says in which directories. */
static const struct permission removing[] = {ALLOW_IF(unlinkat, 2, ALL, 0)};

static const struct permission dialling[] = {
    ALLOW_IF(socket, 0, ALL, AF_INET),
    ALLOW_IF(socket, 0, ALL, AF_INET6),
    ALLOW_IF(socket, 0, ALL, AF_UNIX),
    ALLOW(bind),
    ALLOW(connect),
    SOCKETCALL(SYS_SOCKET),
    SOCKETCALL(SYS_BIND),
    SOCKETCALL(SYS_CONNECT),
};

/* getaddrinfo(3) in a child that is killed at the limit. It may load modules: see
 * nsswitch.conf(5). */
static const struct permission looking_up[] = {
    ALLOW_IF(clone, 0, NEW_NAMESPACES, 0),
    ALLOW(fork),
    ALLOW(dup),
    ALLOW_IF(kill, 1, ALL, SIGKILL),
    ALLOW(set_robust_list),
    ALLOW(rseq),
    ALLOW(futex),
    ALLOW(futex_time64),
    ALLOW_IF(socket, 0, ALL, AF_NETLINK),
    ALLOW_IF(openat, 2, WRITING, 0),
    ALLOW_IF(open, 1, WRITING, 0),
    ALLOW(access),
    ALLOW(faccessat),
    ALLOW(readlink),
    ALLOW(readlinkat),
    ALLOW(getdents64),
    ALLOW(getcwd),
    ALLOW(pread64),
    ALLOW(mmap),
    ALLOW(mmap2),
    ALLOW(mprotect),
    ALLOW(uname),
    ALLOW(getuid),
    ALLOW(geteuid),
    ALLOW(getgid),
    ALLOW(getegid),
    ALLOW(getppid),
    ALLOW(prlimit64),
    ALLOW(ugetrlimit),
    ALLOW(sysinfo),
    ALLOW(sched_getaffinity),
};

/* --- the filter --- */

#define FILTER_MOST 1024
#define DENIED(error) (SECCOMP_RET_ERRNO | (error))

struct filter {
    struct sock_filter code[FILTER_MOST];
    unsigned short size;
};

/* Both halves of an argument are there; where the lower one is depends on the byte order. */
#define LOWER_HALF (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : sizeof(uint32_t))

/* The program's own ELF header, from the linker. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

/* Which system call table an executable uses. x32 is none of these: its calls are in the table of
 * x86-64, under other numbers. */
static const struct architecture {
    uint16_t machine;
    unsigned char width;
    uint32_t table;
} architectures[] = {
    {EM_X86_64, ELFCLASS64, AUDIT_ARCH_X86_64},
    {EM_AARCH64, ELFCLASS64, AUDIT_ARCH_AARCH64},
    {EM_386, ELFCLASS32, AUDIT_ARCH_I386},
    {EM_ARM, ELFCLASS32, AUDIT_ARCH_ARM},
};

static const struct architecture *own_architecture(void) {
    const ElfW(Ehdr) *header = &__ehdr_start;
    for (size_t i = 0; i < sizeof architectures / sizeof architectures[0]; i++)
        if (header->e_machine == architectures[i].machine &&
            header->e_ident[EI_CLASS] == architectures[i].width &&
            header->e_ident[EI_DATA] == ELFDATA2LSB)
            return &architectures[i];
    return NULL;
}

static void put(struct filter *f, unsigned short code, uint32_t value) {
    assert(f->size < FILTER_MOST);
    f->code[f->size++] = (struct sock_filter)BPF_STMT(code, value);
}

/* Skips that many instructions where what was loaded is the value, and where it is another. */
static void put_test(struct filter *f, uint32_t value, unsigned char same, unsigned char other) {
    assert(f->size < FILTER_MOST);
    f->code[f->size++] =
        (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, same, other);
}

static void put_load(struct filter *f, size_t offset) {
    put(f, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset);
}

static void put_result(struct filter *f, uint32_t result) { put(f, BPF_RET | BPF_K, result); }

static void allow(struct filter *f, const struct permission *p) {
    if (p->call == NO_CALL) return;
    put_test(f, (uint32_t)p->call, 0, p->mask ? 5 : 1);
    if (p->mask) {
        put_load(f, offsetof(struct seccomp_data, args) + 8 * (size_t)p->argument + LOWER_HALF);
        put(f, BPF_ALU | BPF_AND | BPF_K, masks[p->mask]);
        put_test(f, p->value, 0, 1);
    }
    put_result(f, SECCOMP_RET_ALLOW);
    if (p->mask) put_load(f, offsetof(struct seccomp_data, nr));
}

static void allow_all(struct filter *f, const struct permission *list, size_t size) {
    for (size_t i = 0; i < size / sizeof *list; i++) allow(f, &list[i]);
}

/* raise(3), by which a signal ends the program and abort(3) does. */
static void allow_raising(struct filter *f) {
    const struct permission own[] = {ALLOW_IF(tgkill, 0, ALL, getpid()),
                                     ALLOW_IF(tkill, 0, ALL, getpid())};
    allow_all(f, own, sizeof own);
}

/* clone3(2) keeps its flags where the filter cannot see them; libc does without on ENOSYS. */
static void lack_clone3(struct filter *f) {
    put_test(f, (uint32_t)SYS_clone3, 0, 1);
    put_result(f, DENIED(ENOSYS));
}

bool sandbox_calls_restrict(unsigned needs, bool removes) {
    const struct architecture *own = own_architecture();
    struct filter f = {.size = 0};
    if (!own) return false;
    put_load(&f, offsetof(struct seccomp_data, arch));
    put_test(&f, own->table, 1, 0);
    put_result(&f, DENIED(EPERM));
    put_load(&f, offsetof(struct seccomp_data, nr));
    allow_all(&f, always, sizeof always);
    allow_raising(&f);
    if (removes) allow_all(&f, removing, sizeof removing);
    if (needs & SANDBOX_DIALS) allow_all(&f, dialling, sizeof dialling);
    if (needs & SANDBOX_LOOKS_UP) allow_all(&f, looking_up, sizeof looking_up);
    if (needs & SANDBOX_LOOKS_UP) lack_clone3(&f);
    put_result(&f, DENIED(EPERM));
    struct sock_fprog program = {.len = f.size, .filter = f.code};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}
