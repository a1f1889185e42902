// Wall time of processes, from posix_spawn to their end, in turn.
//
//     spawn ROUNDS COMMAND [ARGUMENT…] [, COMMAND [ARGUMENT…]]…
//
// Output goes nowhere; input comes from the file that SPAWN_INPUT names, if it does. Per process one line: the number of the command, nanoseconds, and its exit code.
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static long long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int argc, char **argv) {
    char **commands[16];
    int known = 0, rounds = argc > 2 ? atoi(argv[1]) : 0;
    if (rounds < 1) return fprintf(stderr, "spawn ROUNDS COMMAND… [, COMMAND…]…\n"), 64;
    commands[known++] = argv + 2;
    for (int i = 2; i < argc && known < 16; i++) {
        if (strcmp(argv[i], ",")) continue;
        argv[i] = NULL;
        commands[known++] = argv + i + 1;
    }
    posix_spawn_file_actions_t silence;
    posix_spawn_file_actions_init(&silence);
    const char *input = getenv("SPAWN_INPUT");
    posix_spawn_file_actions_addopen(&silence, 0, input ? input : "/dev/null", O_RDONLY, 0);
    for (int fd = 1; fd < 3; fd++) posix_spawn_file_actions_addopen(&silence, fd, "/dev/null", O_RDWR, 0);
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < known; i++) {
            int child, status;
            long long start = now();
            int error = posix_spawn(&child, commands[i][0], &silence, NULL, commands[i], environ);
            if (error) return fprintf(stderr, "%s: %s\n", commands[i][0], strerror(error)), 1;
            if (waitpid(child, &status, 0) != child) return perror("waitpid"), 1;
            printf("%d %lld %d\n", i, now() - start, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
        }
    }
}
