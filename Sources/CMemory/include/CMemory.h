#ifndef FULLHOUSE_CMEMORY_H
#define FULLHOUSE_CMEMORY_H

/// Asks for so many bytes from an address on to be brought into the processor's cache; any address will do, and nothing is
/// read or written.
static inline void memory_prefetch(const void *address, long bytes) {
    for (long offset = 0; offset < bytes; offset += 64) {
        __builtin_prefetch((const char *)address + offset, 1, 3);
    }
}

#endif
