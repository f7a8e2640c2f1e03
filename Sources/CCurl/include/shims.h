// What Swift cannot say to libcurl by itself: variadic calls, and the callbacks that see every byte of a response.
#ifndef FULLHOUSE_CCURL_SHIMS_H
#define FULLHOUSE_CCURL_SHIMS_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>

// Variadic calls, one function per type of argument. The parentheses keep curl's type-checking macros away.

static inline CURLcode fh_easy_set_long(CURL *easy, CURLoption option, long value) {
    return (curl_easy_setopt)(easy, option, value);
}
static inline CURLcode fh_easy_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
    return (curl_easy_setopt)(easy, option, value);
}
static inline CURLcode fh_easy_set_string(CURL *easy, CURLoption option, const char *value) {
    return (curl_easy_setopt)(easy, option, value);
}
static inline CURLcode fh_easy_set_pointer(CURL *easy, CURLoption option, void *value) {
    return (curl_easy_setopt)(easy, option, value);
}
static inline CURLcode fh_easy_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return (curl_easy_setopt)(easy, option, value);
}
static inline CURLcode fh_easy_set_open_socket(CURL *easy, curl_opensocket_callback callback) {
    return (curl_easy_setopt)(easy, CURLOPT_OPENSOCKETFUNCTION, callback);
}
static inline CURLcode fh_easy_set_close_socket(CURL *easy, curl_closesocket_callback callback) {
    return (curl_easy_setopt)(easy, CURLOPT_CLOSESOCKETFUNCTION, callback);
}
static inline CURLcode fh_easy_get_long(CURL *easy, CURLINFO info, long *value) {
    return (curl_easy_getinfo)(easy, info, value);
}
static inline CURLcode fh_easy_get_offset(CURL *easy, CURLINFO info, curl_off_t *value) {
    return (curl_easy_getinfo)(easy, info, value);
}
static inline CURLcode fh_easy_get_string(CURL *easy, CURLINFO info, char **value) {
    return (curl_easy_getinfo)(easy, info, value);
}
static inline CURLcode fh_easy_get_pointer(CURL *easy, CURLINFO info, void **value) {
    return (curl_easy_getinfo)(easy, info, (char **)value);
}
static inline CURLMcode fh_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return (curl_multi_setopt)(multi, option, value);
}
static inline CURLMcode fh_multi_set_pointer(CURLM *multi, CURLMoption option, void *value) {
    return (curl_multi_setopt)(multi, option, value);
}
static inline CURLMcode fh_multi_set_socket_function(CURLM *multi, curl_socket_callback callback) {
    return (curl_multi_setopt)(multi, CURLMOPT_SOCKETFUNCTION, callback);
}
static inline CURLMcode fh_multi_set_timer_function(CURLM *multi, curl_multi_timer_callback callback) {
    return (curl_multi_setopt)(multi, CURLMOPT_TIMERFUNCTION, callback);
}
static inline CURLSHcode fh_share_set_lock(CURLSH *share, curl_lock_data data) {
    return (curl_share_setopt)(share, CURLSHOPT_SHARE, data);
}
static inline CURLcode fh_easy_resume(CURL *easy) { return curl_easy_pause(easy, CURLPAUSE_CONT); }
static inline CURLcode fh_message_result(const CURLMsg *message) { return message->data.result; }
static inline bool fh_version_has(int feature) {
    return (curl_version_info(CURLVERSION_NOW)->features & feature) != 0;
}
static inline const char *fh_version(void) { return curl_version_info(CURLVERSION_NOW)->version; }
static inline bool fh_version_has_http3(void) { return fh_version_has(CURL_VERSION_HTTP3); }
static inline bool fh_version_has_http2(void) { return fh_version_has(CURL_VERSION_HTTP2); }

// The response of one easy handle, filled by the callbacks in shims.c. Zero it with fh_response_begin before each
// transfer. One thread only.

enum fh_response_failure {
    fh_response_ok = 0,
    fh_response_body_too_large = 1,
    fh_response_headers_too_large = 2,
    fh_response_out_of_memory = 3,
};

typedef struct fh_response {
    CURL *easy;
    // Names of headers to keep: lower case, each ended by NUL, the list ended by an empty name. Not owned.
    const char *kept_names;
    uint64_t header_limit;
    uint64_t body_limit;
    bool keep_body;

    bool chunked;
    bool counting_frames;
    int failure;
    uint64_t header_bytes;
    // Body bytes that libcurl handed over, after content decoding.
    uint64_t body_bytes;
    // Body bytes with the framing of chunks, counted only where a body is chunked.
    uint64_t framed_bytes;
    // CLOCK_MONOTONIC in nanoseconds when something arrived last.
    int64_t last_activity;

    // CMAF chunks (a moof box and its mdat) of a body that is not kept, told to the owner one by one.
    bool measure_chunks;
    void *owner;
    void (*on_chunk)(void *owner, uint32_t index, int64_t at);
    // The box that is being read: its head so far, its type, and how much of it is still to come.
    uint8_t box_head[16];
    uint8_t box_head_length;
    uint32_t box_type;
    uint64_t box_left;
    bool in_chunk;
    int64_t chunk_begun;
    uint64_t chunk_bytes;
    uint32_t chunk_count;
    int64_t first_chunk;
    // Bytes and time of the chunks that took measurable time.
    uint64_t active_bytes;
    int64_t active_time;

    // A link to the viewer: the body is taken only as far as the link has carried it. `on_first_byte` is told when the
    // response begins and may set `held_until`; `on_starved` raises `grant`, or does not: then the transfer is paused,
    // and libcurl offers the same bytes again when it is resumed.
    bool shaped;
    bool may_be_encoded;
    bool encoded;
    bool paused;
    void (*on_first_byte)(void *owner);
    void (*on_starved)(void *owner, uint64_t wanted);
    // CLOCK_MONOTONIC: before this nothing of the response has reached the viewer; zero before the response begins.
    int64_t held_until;
    // What may be taken without asking, and until when that holds.
    uint64_t grant;
    int64_t grant_until;
    // The rate at which the link carries, in bytes per second, and when bytes were taken last: the chunks' times.
    double carry_rate;
    int64_t carried_until;
    // How much of the block that is offered was taken before the transfer was paused.
    size_t taken;
    // Bytes on the wire of an encoded body that the link has carried.
    uint64_t wire_carried;

    // The kept body.
    uint8_t *body;
    size_t body_capacity;
    // Kept headers: name, NUL, value, NUL, and so on.
    char *headers;
    size_t headers_length;
    size_t headers_capacity;

    char error[CURL_ERROR_SIZE];
} fh_response;

// Gives the callbacks of an easy handle this response to fill, for as long as the handle lives.
CURLcode fh_response_install(fh_response *response, CURL *easy);
// Forgets the last transfer; `keep_body` with `body_limit` says what becomes of the body.
void fh_response_begin(fh_response *response, bool keep_body, uint64_t body_limit);
// Has the chunks of the next body told; after fh_response_begin.
void fh_response_measure_chunks(fh_response *response);
// Has the response wait for its link; after fh_response_begin. `may_be_encoded` says whether libcurl decodes content.
void fh_response_shape(fh_response *response, bool may_be_encoded);
// Frees the buffers, not the structure.
void fh_response_release(fh_response *response);

// CLOCK_MONOTONIC in nanoseconds.
static inline int64_t fh_monotonic(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

// Counters with one writing thread and any number of readers.
static inline void fh_counter_add(uint64_t *counter, uint64_t count) {
    __atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + count, __ATOMIC_RELAXED);
}
static inline void fh_counter_set(uint64_t *counter, uint64_t value) {
    __atomic_store_n(counter, value, __ATOMIC_RELAXED);
}
static inline uint64_t fh_counter_get(const uint64_t *counter) { return __atomic_load_n(counter, __ATOMIC_RELAXED); }

// The event loop that the calling thread runs; null on every other thread.
void *fh_current_loop(void);
void fh_set_current_loop(void *loop);

// An event descriptor to wake a loop, or -1.
static inline int fh_wake_open(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
static inline void fh_wake_signal(int descriptor) { (void)eventfd_write(descriptor, 1); }
static inline void fh_wake_clear(int descriptor) {
    eventfd_t value;
    (void)eventfd_read(descriptor, &value);
}

// An epoll descriptor, or -1.
static inline int fh_epoll_open(void) { return epoll_create1(EPOLL_CLOEXEC); }

// Names the calling thread, for debuggers and top.
void fh_name_thread(const char *name);

// epoll_wait with nanoseconds (negative: for ever), rounded up to milliseconds where the kernel has no epoll_pwait2.
int fh_epoll_wait(int epoll, struct epoll_event *events, int count, int64_t nanoseconds);

// A new close-on-exec socket for libcurl, with `receive_buffer` bytes of SO_RCVBUF where that is positive, and where
// `segment` is positive with segments no longer than that.
curl_socket_t fh_open_socket(const struct curl_sockaddr *address, int receive_buffer, int segment);
// True when the peer has closed or reset the connection.
bool fh_peer_has_closed(curl_socket_t socket);

#endif
