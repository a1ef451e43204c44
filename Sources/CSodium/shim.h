#ifndef INNKEEPER_CSODIUM_SHIM_H
#define INNKEEPER_CSODIUM_SHIM_H

#include <sodium.h>
#include <sys/prctl.h>

// Swift cannot call a C function with variable arguments, and prctl is one.

static inline int innkeeper_refuse_dumps(void) {
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static inline int innkeeper_is_dumpable(void) {
    return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
}

#endif
