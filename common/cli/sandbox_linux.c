#include "common/cli/sandbox.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/cli/sandbox_calls.h"

/* --- landlock: files, ports, others' processes --- */

/* struct landlock_ruleset_attr of today; the header may be older than the kernel. */
struct ruleset {
    uint64_t files, ports, scopes;
};

#define CONNECT_TCP ((uint64_t)1 << 1)
#define SCOPE_ABSTRACT ((uint64_t)1 << 0)

/* What each version of landlock (ABI) can deny, and how much of the struct it takes. */
static const struct {
    struct ruleset denies;
    size_t size;
} versions[] = {
    {{0x1fff, 0, 0}, offsetof(struct ruleset, ports)},  /* EXECUTE to MAKE_SYM */
    {{0x3fff, 0, 0}, offsetof(struct ruleset, ports)},  /* REFER */
    {{0x7fff, 0, 0}, offsetof(struct ruleset, ports)},  /* TRUNCATE */
    {{0x7fff, 3, 0}, offsetof(struct ruleset, scopes)}, /* BIND_TCP, CONNECT_TCP */
    {{0xffff, 3, 0}, offsetof(struct ruleset, scopes)}, /* IOCTL_DEV */
    {{0xffff, 3, 3}, sizeof(struct ruleset)},           /* scopes: ABSTRACT_UNIX_SOCKET, SIGNAL */
};

#define VERSIONS (sizeof versions / sizeof versions[0])

/* Where libc finds what a look-up takes: its configuration and its modules. */
static const char *const system_folders[] = {"/etc", "/lib", "/lib64", "/usr",
                                             "/run", "/nix", "/gnu",   "/mnt/wsl"};

static bool allow_below(int ruleset, int directory, uint64_t rights) {
    struct landlock_path_beneath_attr rule = {.allowed_access = rights, .parent_fd = directory};
    return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

static bool allow_removing(int ruleset, const int *directories, int count) {
    bool allowed = true;
    for (int i = 0; i < count && allowed; i++)
        if (directories[i] >= 0)
            allowed = allow_below(ruleset, directories[i], LANDLOCK_ACCESS_FS_REMOVE_FILE);
    return allowed;
}

static bool allow_reading(int ruleset) {
    const uint64_t rights = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
    bool allowed = true;
    for (size_t i = 0; i < sizeof system_folders / sizeof system_folders[0] && allowed; i++) {
        int directory = open(system_folders[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (directory < 0) continue;
        allowed = allow_below(ruleset, directory, rights);
        close(directory);
    }
    return allowed;
}

static int make_ruleset(unsigned needs) {
    long newest =
        syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, LANDLOCK_CREATE_RULESET_VERSION);
    if (newest < 1) return -1;
    size_t version = (size_t)newest < VERSIONS ? (size_t)newest : VERSIONS;
    struct ruleset denied = versions[version - 1].denies;
    if (needs & SANDBOX_DIALS) denied.ports &= ~CONNECT_TCP;
    if (needs & (SANDBOX_DIALS | SANDBOX_ABSTRACT)) denied.scopes &= ~SCOPE_ABSTRACT;
    return (int)syscall(SYS_landlock_create_ruleset, &denied, versions[version - 1].size, 0);
}

/* A ruleset that lacks a rule would forbid what is still to be done: it is not applied. */
static bool restrict_files(unsigned needs, const int *directories, int count) {
    int ruleset = make_ruleset(needs);
    if (ruleset < 0) return false;
    bool applied = allow_removing(ruleset, directories, count) &&
                   (!(needs & SANDBOX_LOOKS_UP) || allow_reading(ruleset)) &&
                   syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    close(ruleset);
    return applied;
}

/* --- all of it --- */

static void drop_capabilities(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0, 0, 0}};
    syscall(SYS_capset, &header, none);
}

static bool any(const int *directories, int count) {
    for (int i = 0; i < count; i++)
        if (directories[i] >= 0) return true;
    return false;
}

int sandbox_enter(unsigned needs, const int *directories, int count) {
    drop_capabilities();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return 0;
    int in_force = restrict_files(needs, directories, count) ? SANDBOX_FILES : 0;
    if (sandbox_calls_restrict(needs, any(directories, count))) in_force |= SANDBOX_CALLS;
    return in_force;
}
