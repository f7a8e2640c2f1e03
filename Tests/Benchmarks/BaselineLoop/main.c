// The yardstick of the transport benchmark: the least that a client of its kind does, in plain C. One thread, epoll,
// curl_multi_socket_action; a share with its own connection, cookies and so on for each session, one easy handle used
// again, bodies counted and thrown away; each session asks for the next body when it has the last.
//
// usage: BaselineLoop URI SESSIONS REQUESTS-OF-EACH [CA-FILE]
#define _GNU_SOURCE
#include <curl/curl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

typedef struct {
    CURL *easy;
    CURLSH *share;
    int left;
    uint64_t bytes;
} session;

typedef struct {
    uint32_t registered, wanted;
} descriptor;

static CURLM *multi;
static int epoll;
static long long deadline = -1;
static descriptor *descriptors;
static int descriptor_count;

static long long monotonic(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static long resident_kilobytes(void) {
    long total = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file && fscanf(file, "%ld %ld", &total, &resident) != 2) resident = 0;
    if (file) fclose(file);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context) {
    (void)bytes;
    ((session *)context)->bytes += size * count;
    return size * count;
}

static int on_close(void *context, curl_socket_t socket) {
    (void)context;
    if (socket < descriptor_count) descriptors[socket] = (descriptor){0, 0};
    return close(socket);
}

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *context, void *unused) {
    (void)easy, (void)context, (void)unused;
    if (socket >= descriptor_count) return 0;
    descriptor *known = &descriptors[socket];
    if (what == CURL_POLL_REMOVE) {
        known->wanted = 0;
        return 0;
    }
    known->wanted = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
    if (known->registered == known->wanted) return 0;
    struct epoll_event event = {known->wanted, {.fd = socket}};
    epoll_ctl(epoll, known->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event);
    known->registered = known->wanted;
    return 0;
}

static int on_timer(CURLM *unused, long milliseconds, void *context) {
    (void)unused, (void)context;
    deadline = milliseconds < 0 ? -1 : monotonic(CLOCK_MONOTONIC) + milliseconds * 1000000LL;
    return 0;
}

static void begin(session *one, const char *uri, const char *authorities) {
    one->share = curl_share_init();
    curl_share_setopt(one->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT);
    curl_share_setopt(one->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_COOKIE);
    one->easy = curl_easy_init();
    curl_easy_setopt(one->easy, CURLOPT_SHARE, one->share);
    curl_easy_setopt(one->easy, CURLOPT_URL, uri);
    curl_easy_setopt(one->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(one->easy, CURLOPT_COOKIEFILE, "");
    curl_easy_setopt(one->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(one->easy, CURLOPT_USERAGENT, "fullhouse");
    curl_easy_setopt(one->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(one->easy, CURLOPT_WRITEDATA, one);
    curl_easy_setopt(one->easy, CURLOPT_PRIVATE, one);
    curl_easy_setopt(one->easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    curl_easy_setopt(one->easy, CURLOPT_CAPATH, NULL);
    if (authorities) curl_easy_setopt(one->easy, CURLOPT_CAINFO, authorities);
    curl_multi_add_handle(multi, one->easy);
}

int main(int count, char **arguments) {
    if (count < 4) return 2;
    int sessions = atoi(arguments[2]), each = atoi(arguments[3]);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    descriptor_count = (int)limit.rlim_cur;
    descriptors = calloc((size_t)descriptor_count, sizeof *descriptors);
    curl_global_init(CURL_GLOBAL_ALL);
    multi = curl_multi_init();
    epoll = epoll_create1(0);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 10000000L);
    long before = resident_kilobytes(), middle = 0;
    session *all = calloc((size_t)sessions, sizeof *all);
    long long wall = monotonic(CLOCK_MONOTONIC), cpu = monotonic(CLOCK_PROCESS_CPUTIME_ID);
    for (int index = 0; index < sessions; index++) {
        all[index].left = each;
        begin(&all[index], arguments[1], count > 4 ? arguments[4] : NULL);
    }
    long long wanted = (long long)sessions * each, done = 0, failed = 0;
    struct epoll_event events[32];
    while (done < wanted) {
        int running = 0;
        long long now = monotonic(CLOCK_MONOTONIC);
        if (deadline >= 0 && deadline <= now) {
            deadline = -1;
            curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
        }
        CURLMsg *message;
        int left;
        while ((message = curl_multi_info_read(multi, &left))) {
            session *one;
            CURL *easy = message->easy_handle;
            long status = 0;
            CURLcode result = message->data.result;
            curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&one);
            curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
            if (result != CURLE_OK || status != 200) failed++;
            curl_multi_remove_handle(multi, easy);
            if (++done == wanted / 2) middle = resident_kilobytes();
            if (--one->left > 0) {
                curl_multi_add_handle(multi, easy);
            } else {
                curl_easy_cleanup(one->easy);
                curl_share_cleanup(one->share);
            }
        }
        int timeout = -1;
        if (deadline >= 0) {
            long long rest = deadline - monotonic(CLOCK_MONOTONIC);
            timeout = rest <= 0 ? 0 : (int)((rest + 999999) / 1000000);
        }
        if (done >= wanted) break;
        int ready = epoll_wait(epoll, events, 32, timeout);
        for (int index = 0; index < ready; index++) {
            int socket = events[index].data.fd;
            if (!descriptors[socket].wanted) {
                epoll_ctl(epoll, EPOLL_CTL_DEL, socket, &events[index]);
                descriptors[socket].registered = 0;
                continue;
            }
            int mask = (events[index].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                       (events[index].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                       (events[index].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
            curl_multi_socket_action(multi, socket, mask, &running);
        }
    }
    cpu = monotonic(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    wall = monotonic(CLOCK_MONOTONIC) - wall;
    printf("%-10s %6d sessions  %7.1f cpu-us/request  %7.0f requests/s  %6.1f KB/session  %lld failed\n", "C loop",
           sessions, (double)cpu / 1e3 / (double)wanted, (double)wanted * 1e9 / (double)wall,
           (double)(middle - before) / sessions, failed);
    return failed ? 1 : 0;
}
