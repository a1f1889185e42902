// The floor under "a line was appended": the time until another process has heard of it by inotify, read it, said so.
//
//     notice FOLDER COUNT LINE_BYTES
//
// Prints COUNT times in nanoseconds, one per line. The watcher is a child; it ends when its pipe closes.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what) {
    perror(what);
    exit(1);
}

static long long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void watch(const char *folder, const char *path, int answers, int count) {
    char events[4096], line[65536];
    int notify = inotify_init1(0), file = open(path, O_RDONLY);
    if (notify < 0 || file < 0 || inotify_add_watch(notify, folder, IN_MODIFY) < 0) die("inotify");
    if (write(answers, "!", 1) != 1) die("write");
    for (int i = 0; i < count; i++) {
        int whole = 0;
        while (!whole) {
            if (read(notify, events, sizeof events) <= 0) die("inotify");
            for (ssize_t got; (got = read(file, line, sizeof line)) > 0;) whole |= line[got - 1] == '\n';
        }
        if (write(answers, "!", 1) != 1) exit(0);
    }
    exit(0);
}

int main(int argc, char **argv) {
    int count = argc == 4 ? atoi(argv[2]) : 0, size = argc == 4 ? atoi(argv[3]) : 0, ends[2];
    if (count < 1 || size < 1 || size > 65536) return fprintf(stderr, "notice FOLDER COUNT LINE_BYTES\n"), 64;
    char path[4096], line[65536], answer;
    snprintf(path, sizeof path, "%s/notice.jsonl", argv[1]);
    memset(line, 'x', size);
    line[size - 1] = '\n';
    int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_TRUNC, 0644);
    if (file < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) die(path);
    int child = fork();
    if (child < 0) die("fork");
    if (child == 0) {
        close(ends[0]);
        watch(argv[1], path, ends[1], count);
    }
    close(ends[1]);
    if (read(ends[0], &answer, 1) != 1) die("watcher");
    struct timespec pause = {.tv_nsec = 2000000};
    for (int i = 0; i < count; i++) {
        nanosleep(&pause, NULL);
        long long start = now();
        if (write(file, line, size) != size || read(ends[0], &answer, 1) != 1) die("watcher");
        printf("%lld\n", now() - start);
    }
    unlink(path);
}
