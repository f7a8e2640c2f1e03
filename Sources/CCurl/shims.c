#define _GNU_SOURCE
#include "shims.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

static __thread void *current_loop;

void *fh_current_loop(void) { return current_loop; }
void fh_set_current_loop(void *loop) { current_loop = loop; }

// The clock of the last tick, a few milliseconds old and much cheaper: good enough for limits of seconds.
static int64_t monotonic_tick(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

// Reads the heads of the boxes (ISO/IEC 14496-12 section 4.2) in a body as it passes by, and tells where chunks end. What
// is no such file is counted as one box without end.
//
// The bytes arrived evenly from `begun` to `ended`, which are the same where no link is between.
static void read_boxes(fh_response *response, const uint8_t *bytes, size_t length, int64_t begun, int64_t ended) {
    int64_t now = ended;
    double each = length > 0 ? (double)(ended - begun) / (double)length : 0;
    size_t at = 0;
    while (at < length) {
        if (each > 0) now = begun + (int64_t)(each * (double)at);
        if (response->box_left == 0) {
            response->box_head[response->box_head_length++] = bytes[at++];
            uint8_t needed = 8;
            const uint8_t *head = response->box_head;
            if (response->box_head_length >= 8) {
                uint32_t size = (uint32_t)head[0] << 24 | (uint32_t)head[1] << 16 | (uint32_t)head[2] << 8 | head[3];
                if (size == 1) needed = 16;
                if (response->box_head_length < needed) continue;
                uint64_t total = size;
                if (size == 1) {
                    total = 0;
                    for (int index = 8; index < 16; index++) total = total << 8 | head[index];
                }
                response->box_type =
                    (uint32_t)head[4] << 24 | (uint32_t)head[5] << 16 | (uint32_t)head[6] << 8 | head[7];
                // Zero means to the end of the file; less than the head is no box.
                response->box_left = total < needed ? UINT64_MAX : total - needed;
                response->box_head_length = 0;
                if (response->box_type == 0x6d6f6f66) {  // moof
                    response->in_chunk = true;
                    response->chunk_begun = now;
                    response->chunk_bytes = 0;
                }
                if (response->in_chunk) response->chunk_bytes += needed;
            } else {
                continue;
            }
        } else {
            size_t step = length - at;
            if (step > response->box_left) step = (size_t)response->box_left;
            at += step;
            response->box_left -= step;
            if (response->in_chunk) response->chunk_bytes += step;
            if (each > 0) now = begun + (int64_t)(each * (double)at);
        }
        if (response->box_left == 0 && response->in_chunk && response->box_type == 0x6d646174) {  // mdat
            response->in_chunk = false;
            if (response->chunk_count == 0) response->first_chunk = now;
            if (now > response->chunk_begun) {
                response->active_bytes += response->chunk_bytes;
                response->active_time += now - response->chunk_begun;
            }
            if (response->on_chunk) response->on_chunk(response->owner, response->chunk_count, now);
            response->chunk_count++;
        }
    }
}

void fh_response_measure_chunks(fh_response *response) {
    response->measure_chunks = true;
    response->box_head_length = 0;
    response->box_type = 0;
    response->box_left = 0;
    response->in_chunk = false;
    response->chunk_count = 0;
    response->first_chunk = 0;
    response->active_bytes = 0;
    response->active_time = 0;
}

// Takes bytes of the body; false ends the transfer.
static bool take_body(fh_response *response, const char *bytes, size_t length) {
    if (!response->keep_body) {
        response->body_bytes += length;
        if (response->measure_chunks) {
            int64_t now = fh_monotonic(), begun = now;
            if (response->shaped && response->carry_rate > 0) {
                begun = now - (int64_t)((double)length / response->carry_rate * 1e9);
                if (begun < response->carried_until) begun = response->carried_until;
                response->carried_until = now;
            }
            read_boxes(response, (const uint8_t *)bytes, length, begun, now);
        }
        return true;
    }
    if (length > response->body_limit - response->body_bytes) {
        response->failure = fh_response_body_too_large;
        return false;
    }
    size_t needed = (size_t)response->body_bytes + length;
    if (needed > response->body_capacity) {
        size_t capacity = response->body_capacity * 2;
        if (capacity < 4096) capacity = 4096;
        if (capacity < needed) capacity = needed;
        uint8_t *grown = realloc(response->body, capacity);
        if (!grown) {
            response->failure = fh_response_out_of_memory;
            return false;
        }
        response->body = grown;
        response->body_capacity = capacity;
    }
    memcpy(response->body + response->body_bytes, bytes, length);
    response->body_bytes += length;
    return true;
}

// Bytes of an encoded body that have come from the wire and not yet been carried by the link.
static uint64_t wire_pending(fh_response *response) {
    uint64_t wire = response->framed_bytes;
    if (!response->counting_frames) {
        curl_off_t counted = 0;
        fh_easy_get_offset(response->easy, CURLINFO_SIZE_DOWNLOAD_T, &counted);
        wire = counted > 0 ? (uint64_t)counted : 0;
    }
    return wire > response->wire_carried ? wire - response->wire_carried : 0;
}

// The body over a link: as much as the link has carried. What was taken of a block before a pause is skipped when
// libcurl offers the block again. An encoded body is carried as it is on the wire, and taken block by block.
static size_t on_shaped_body(fh_response *response, const char *bytes, size_t length) {
    int64_t now = monotonic_tick();
    response->paused = false;
    while (response->taken < length) {
        size_t rest = length - response->taken;
        uint64_t wanted = response->encoded ? wire_pending(response) : rest;
        uint64_t needed = response->encoded ? wanted : 1;
        if (wanted > 0 && (response->grant < needed || now > response->grant_until)) {
            response->on_starved(response->owner, wanted);
            if (response->grant < needed) {
                response->paused = true;
                return CURL_WRITEFUNC_PAUSE;
            }
        }
        size_t take = rest;
        if (response->encoded) {
            response->grant -= wanted;
            response->wire_carried += wanted;
        } else {
            if (take > response->grant) take = (size_t)response->grant;
            response->grant -= take;
        }
        response->last_activity = now;
        if (!take_body(response, bytes + response->taken, take)) return length == 0 ? 1 : 0;
        response->taken += take;
    }
    response->taken = 0;
    return length;
}

// The body. Returning another count than was given ends the transfer with CURLE_WRITE_ERROR.
static size_t on_body(char *bytes, size_t size, size_t count, void *context) {
    fh_response *response = context;
    size_t length = size * count;
    if (response->shaped) return on_shaped_body(response, bytes, length);
    response->last_activity = monotonic_tick();
    return take_body(response, bytes, length) ? length : length == 0 ? 1 : 0;
}

// Counts the body as it crosses the wire. libcurl's own count leaves the framing of chunks out.
static int on_debug(CURL *easy, curl_infotype type, char *bytes, size_t length, void *context) {
    (void)easy;
    (void)bytes;
    if (type == CURLINFO_DATA_IN) ((fh_response *)context)->framed_bytes += length;
    return 0;
}

static bool is_space(char character) { return character == ' ' || character == '\t'; }

static bool is_wanted(const char *names, const char *name, size_t length) {
    if (!names) return false;
    for (; *names; names += strlen(names) + 1) {
        if (strncasecmp(names, name, length) == 0 && names[length] == 0) return true;
    }
    return false;
}

static bool keep_header(fh_response *response, const char *name, size_t name_length, const char *value,
                        size_t value_length) {
    size_t needed = response->headers_length + name_length + value_length + 2;
    if (needed > response->headers_capacity) {
        size_t capacity = needed < 256 ? 256 : needed * 2;
        char *grown = realloc(response->headers, capacity);
        if (!grown) return false;
        response->headers = grown;
        response->headers_capacity = capacity;
    }
    char *end = response->headers + response->headers_length;
    for (size_t index = 0; index < name_length; index++) {
        char character = name[index];
        end[index] = character >= 'A' && character <= 'Z' ? (char)(character + 32) : character;
    }
    end[name_length] = 0;
    memcpy(end + name_length + 1, value, value_length);
    end[name_length + 1 + value_length] = 0;
    response->headers_length = needed;
    return true;
}

static bool contains_word(const char *text, size_t length, const char *word) {
    size_t word_length = strlen(word);
    for (size_t start = 0; start + word_length <= length; start++) {
        if (strncasecmp(text + start, word, word_length) == 0) return true;
    }
    return false;
}

// One line of the head, with its line end. A status line begins a new head: those of 1xx answers are forgotten.
static size_t on_header(char *bytes, size_t size, size_t count, void *context) {
    fh_response *response = context;
    size_t length = size * count;
    response->last_activity = monotonic_tick();
    if (response->shaped && response->header_bytes == 0) response->on_first_byte(response->owner);
    response->header_bytes += length;
    if (response->header_bytes > response->header_limit) {
        response->failure = fh_response_headers_too_large;
        return length == 0 ? 1 : 0;
    }
    if (length >= 5 && memcmp(bytes, "HTTP/", 5) == 0) {
        response->headers_length = 0;
        response->chunked = false;
        response->encoded = false;
        return length;
    }
    const char *colon = memchr(bytes, ':', length);
    if (!colon) {
        if (response->chunked && !response->counting_frames && length <= 2) {
            // The body follows. Only a chunked one needs the (costlier) debug callback.
            response->counting_frames = true;
            fh_easy_set_long(response->easy, CURLOPT_VERBOSE, 1);
        }
        return length;
    }
    size_t name_length = (size_t)(colon - bytes);
    const char *value = colon + 1;
    size_t value_length = length - name_length - 1;
    while (value_length && is_space(*value)) value++, value_length--;
    while (value_length && (is_space(value[value_length - 1]) || value[value_length - 1] == '\r' ||
                            value[value_length - 1] == '\n'))
        value_length--;
    if (name_length == 17 && strncasecmp(bytes, "transfer-encoding", 17) == 0 &&
        contains_word(value, value_length, "chunked")) {
        response->chunked = true;
    }
    if (response->may_be_encoded && name_length == 16 && strncasecmp(bytes, "content-encoding", 16) == 0 &&
        contains_word(value, value_length, "gzip")) {
        response->encoded = true;
    }
    if (is_wanted(response->kept_names, bytes, name_length) &&
        !keep_header(response, bytes, name_length, value, value_length)) {
        response->failure = fh_response_out_of_memory;
        return 0;
    }
    return length;
}

CURLcode fh_response_install(fh_response *response, CURL *easy) {
    response->easy = easy;
    CURLcode code = (curl_easy_setopt)(easy, CURLOPT_WRITEFUNCTION, on_body);
    if (!code) code = (curl_easy_setopt)(easy, CURLOPT_WRITEDATA, response);
    if (!code) code = (curl_easy_setopt)(easy, CURLOPT_HEADERFUNCTION, on_header);
    if (!code) code = (curl_easy_setopt)(easy, CURLOPT_HEADERDATA, response);
    if (!code) code = (curl_easy_setopt)(easy, CURLOPT_DEBUGFUNCTION, on_debug);
    if (!code) code = (curl_easy_setopt)(easy, CURLOPT_DEBUGDATA, response);
    if (!code) code = (curl_easy_setopt)(easy, CURLOPT_ERRORBUFFER, response->error);
    return code;
}

void fh_response_begin(fh_response *response, bool keep_body, uint64_t body_limit) {
    if (response->counting_frames) fh_easy_set_long(response->easy, CURLOPT_VERBOSE, 0);
    response->keep_body = keep_body;
    response->measure_chunks = false;
    response->body_limit = body_limit;
    response->chunked = false;
    response->counting_frames = false;
    response->failure = fh_response_ok;
    response->header_bytes = 0;
    response->body_bytes = 0;
    response->framed_bytes = 0;
    response->last_activity = 0;
    response->headers_length = 0;
    response->error[0] = 0;
    response->shaped = false;
    response->may_be_encoded = false;
    response->encoded = false;
    response->paused = false;
    response->held_until = 0;
    response->grant = 0;
    response->taken = 0;
}

void fh_response_shape(fh_response *response, bool may_be_encoded) {
    response->shaped = true;
    response->may_be_encoded = may_be_encoded;
    response->grant_until = 0;
    response->carry_rate = 0;
    response->carried_until = 0;
    response->wire_carried = 0;
}

void fh_response_release(fh_response *response) {
    free(response->body);
    free(response->headers);
    response->body = NULL;
    response->body_capacity = 0;
    response->headers = NULL;
    response->headers_capacity = 0;
    response->headers_length = 0;
}

void fh_name_thread(const char *name) { (void)pthread_setname_np(pthread_self(), name); }

int fh_epoll_wait(int epoll, struct epoll_event *events, int count, int64_t nanoseconds) {
    static atomic_bool without_pwait2;
    if (nanoseconds > 0 && !atomic_load_explicit(&without_pwait2, memory_order_relaxed)) {
        struct timespec timeout = {nanoseconds / 1000000000, nanoseconds % 1000000000};
        int ready = epoll_pwait2(epoll, events, count, &timeout, NULL);
        if (ready >= 0 || (errno != ENOSYS && errno != EPERM)) return ready;
        atomic_store_explicit(&without_pwait2, true, memory_order_relaxed);
    }
    int milliseconds = nanoseconds < 0 ? -1 : 0;
    if (nanoseconds > 0) {
        int64_t rounded = (nanoseconds + 999999) / 1000000;
        milliseconds = rounded > 3600000 ? 3600000 : (int)rounded;
    }
    return epoll_wait(epoll, events, count, milliseconds);
}

curl_socket_t fh_open_socket(const struct curl_sockaddr *address, int receive_buffer, int segment) {
    int descriptor = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (descriptor < 0) return CURL_SOCKET_BAD;
    if (receive_buffer > 0)
        (void)setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    if (segment > 0) (void)setsockopt(descriptor, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
    return descriptor;
}

bool fh_peer_has_closed(curl_socket_t descriptor) {
    struct pollfd poll_descriptor = {descriptor, POLLRDHUP, 0};
    return poll(&poll_descriptor, 1, 0) == 1 &&
           (poll_descriptor.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}
