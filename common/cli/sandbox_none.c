#include "common/cli/sandbox.h"

int sandbox_enter(unsigned needs, const int *directories, int count) {
    (void)needs, (void)directories, (void)count;
    return 0;
}
