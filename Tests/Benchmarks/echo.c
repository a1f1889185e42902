// A C echo server on a unix stream socket: the floor under every answer over one.
//
//     echo SOCKET REPLY_FILE epoll|blocking
//
// For every newline it reads it writes the bytes of REPLY_FILE once. `epoll` serves any number of connections on one
// loop, as a server must; `blocking` serves one at a time with nothing but read and write. It says `ready` once it
// listens, and ends by SIGTERM.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { REPLIES = 512 };
static char replies[1 << 20];  // the reply, many times over, so that a pipelined batch is one write
static size_t reply_size;

static void die(const char *what) {
    perror(what);
    exit(1);
}

// Answers what there is to read once. Returns 0 when the other side has closed.
static int answer(int fd) {
    char request[65536];
    ssize_t got = read(fd, request, sizeof request);
    if (got <= 0) return 0;
    size_t due = 0;
    for (char *at = request; (at = memchr(at, '\n', request + got - at)); at++) due += reply_size;
    while (due > 0) {
        // A multiple of the reply at most, so that what is left begins with a whole one.
        size_t most = REPLIES * reply_size, size = due < most ? due : most, sent = 0;
        while (sent < size) {
            ssize_t wrote = write(fd, replies + sent, size - sent);
            if (wrote <= 0) return 0;
            sent += wrote;
        }
        due -= size;
    }
    return 1;
}

static void serve_blocking(int listener) {
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0) die("accept");
        while (answer(fd)) {}
        close(fd);
    }
}

static void serve_epoll(int listener) {
    int poller = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, ready[256];
    if (poller < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event)) die("epoll");
    for (;;) {
        int count = epoll_wait(poller, ready, 256, -1);
        for (int i = 0; i < count; i++) {
            int fd = ready[i].data.fd;
            if (fd == listener) {
                event.data.fd = accept(listener, NULL, NULL);
                if (event.data.fd < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, event.data.fd, &event)) die("accept");
            } else if (!answer(fd)) {
                close(fd);
            }
        }
    }
}

int main(int argc, char **argv) {
    if (argc != 4) return fprintf(stderr, "echo SOCKET REPLY_FILE epoll|blocking\n"), 64;
    FILE *file = fopen(argv[2], "r");
    if (!file || !(reply_size = fread(replies, 1, sizeof replies / REPLIES, file))) die(argv[2]);
    for (int i = 1; i < REPLIES; i++) memcpy(replies + i * reply_size, replies, reply_size);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", argv[1]);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024))
        die(argv[1]);
    puts("ready");
    fflush(stdout);
    if (!strcmp(argv[3], "epoll")) serve_epoll(listener);
    serve_blocking(listener);
}
