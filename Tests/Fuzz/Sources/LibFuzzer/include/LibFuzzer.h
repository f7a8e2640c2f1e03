#ifndef FULLHOUSE_LIBFUZZER_H
#define FULLHOUSE_LIBFUZZER_H

#include <stddef.h>
#include <stdint.h>

/// The fuzzer's own main function (https://llvm.org/docs/LibFuzzer.html#using-libfuzzer-as-a-library). The build gives
/// the main function of each program another name, so that the one in the fuzzer's library is never found.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));

#endif
