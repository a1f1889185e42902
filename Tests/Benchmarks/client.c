// Asks servers on unix sockets the same questions, in turn, and says how long the answers took.
//
//     client ROUNDS COUNT DEPTH CONNECTIONS (SOCKET REQUESTS SIZE ENDS)...
//
// REQUESTS is a file of requests of SIZE bytes each, sent one after the other and from the start again; a reply is over
// after ENDS newlines. In every round each server gets COUNT requests, DEPTH at a time on each of CONNECTIONS; the
// order of the servers turns round with every round. Per round and server one line, times in nanoseconds:
//
//     SERVER P50 P99 MEAN TOTAL
//
// where P50, P99 and MEAN are of one batch of DEPTH requests and TOTAL is the whole round.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MOST_SERVERS = 8, MOST_CONNECTIONS = 1024 };

struct connection {
    int fd, ends_due;
    long long sent_at;
};

struct server {
    char *requests;  // the file, followed by its beginning again, so that a batch never wraps
    size_t size, count, next;
    int ends, poller;
    struct connection connections[MOST_CONNECTIONS];
};

static struct server servers[MOST_SERVERS];
static int depth, connections;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static long long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int compare(const void *left, const void *right) {
    long long a = *(const long long *)left, b = *(const long long *)right;
    return (a > b) - (a < b);
}

static void open_server(struct server *server, char **arguments) {
    server->size = atol(arguments[2]);
    server->ends = atoi(arguments[3]);
    FILE *file = fopen(arguments[1], "r");
    if (!file || fseek(file, 0, SEEK_END)) die(arguments[1]);
    server->count = ftell(file) / server->size;
    size_t bytes = server->count * server->size, spare = depth * server->size;
    rewind(file);
    server->requests = malloc(bytes + spare);
    if (!server->requests || fread(server->requests, 1, bytes, file) != bytes) die(arguments[1]);
    for (size_t at = 0; at < spare; at++) server->requests[bytes + at] = server->requests[at % bytes];
    server->poller = epoll_create1(0);
    for (int i = 0; i < connections; i++) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        struct timeval patience = {.tv_sec = 10};
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
        snprintf(address.sun_path, sizeof address.sun_path, "%s", arguments[0]);
        int fd = server->connections[i].fd = socket(AF_UNIX, SOCK_STREAM, 0);
        if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) die(arguments[0]);
        if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience)) die("SO_RCVTIMEO");
        if (epoll_ctl(server->poller, EPOLL_CTL_ADD, fd, &event)) die("epoll_ctl");
    }
}

static void ask(struct server *server, struct connection *connection) {
    size_t bytes = depth * server->size, sent = 0;
    char *batch = server->requests + server->next * server->size;
    server->next = (server->next + depth) % server->count;
    connection->ends_due = depth * server->ends;
    connection->sent_at = now();
    while (sent < bytes) {
        ssize_t wrote = write(connection->fd, batch + sent, bytes - sent);
        if (wrote <= 0) die("write");
        sent += wrote;
    }
}

// Reads what is there. Returns whether the batch is answered.
static int listen_to(struct connection *connection) {
    char reply[1 << 16];
    ssize_t got = read(connection->fd, reply, sizeof reply);
    if (got <= 0) {
        if (got == 0) errno = ECONNRESET;
        die("read");
    }
    for (char *at = reply; (at = memchr(at, '\n', reply + got - at)); at++) connection->ends_due--;
    return connection->ends_due <= 0;
}

static void round_of(struct server *server, long long *times, int batches) {
    int asked = 0, answered = 0;
    if (connections == 1) {
        struct connection *only = &server->connections[0];
        for (; answered < batches; answered++) {
            ask(server, only);
            while (!listen_to(only)) {}
            times[answered] = now() - only->sent_at;
        }
        return;
    }
    while (asked < connections && asked < batches) ask(server, &server->connections[asked++]);
    while (answered < batches) {
        struct epoll_event ready[256];
        int count = epoll_wait(server->poller, ready, 256, 10000);
        if (count <= 0) die("epoll_wait");
        for (int i = 0; i < count; i++) {
            struct connection *one = &server->connections[ready[i].data.u32];
            if (!listen_to(one)) continue;
            times[answered++] = now() - one->sent_at;
            if (asked < batches) ask(server, one), asked++;
        }
    }
}

int main(int argc, char **argv) {
    int rounds = argc > 8 ? atoi(argv[1]) : 0, count = argc > 8 ? atoi(argv[2]) : 0, known = (argc - 5) / 4;
    depth = argc > 8 ? atoi(argv[3]) : 0;
    connections = argc > 8 ? atoi(argv[4]) : 0;
    if (rounds < 1 || depth < 1 || count < depth || connections < 1 || connections > MOST_CONNECTIONS
        || known > MOST_SERVERS || (argc - 5) % 4)
        return fprintf(stderr, "client ROUNDS COUNT DEPTH CONNECTIONS (SOCKET REQUESTS SIZE ENDS)...\n"), 64;
    for (int i = 0; i < known; i++) open_server(&servers[i], argv + 5 + 4 * i);
    int batches = count / depth;
    long long *times = malloc(batches * sizeof *times);
    for (int round = -1; round < rounds; round++) {  // the first is for warming up
        for (int turn = 0; turn < known; turn++) {
            int which = round % 2 ? known - 1 - turn : turn;
            long long start = now(), sum = 0;
            round_of(&servers[which], times, batches);
            long long total = now() - start;
            for (int i = 0; i < batches; i++) sum += times[i];
            qsort(times, batches, sizeof *times, compare);
            if (round >= 0)
                printf("%d %lld %lld %lld %lld\n", which, times[batches / 2], times[batches - 1 - batches / 100],
                    sum / batches, total);
        }
    }
}
