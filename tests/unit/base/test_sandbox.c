/*
 * test_sandbox.c - behind the filter of system calls: what a study does still
 * runs, all else is refused, and what only a stranger would ask for ends the
 * process.  Each trial is a process of its own, as a filter stays for good.
 */
#include "../../../base/base.h"
#include "../../harness.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* The run-time parts of the sanitizers make calls of their own. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define INSTRUMENTED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define INSTRUMENTED 1
#endif
#endif

#if !defined(__linux__) || defined(INSTRUMENTED)
int main(void)
{
    printf("skipped: the filter needs Linux and no sanitizer\n");
    harness_skipped++;
    return harness_end("test_sandbox");
}
#else
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static char path[256];

/* A trial returns 0, or 1 with errno set. */
typedef int trial(void);

/* ---- What a study does -------------------------------------------------- */

static void count_task(void *context, size_t task, size_t worker)
{
    (void)worker;
    atomic_fetch_add((atomic_size_t *)context, task);
}

static int use_threads(void)
{
    atomic_size_t sum = 0;
    lat_pool *pool = NULL;
    size_t threads = 0;
    if (lat_cores_usable() == 0 || lat_pool_create(&pool, 4, NULL) != LAT_OK)
        return 1;
    threads = lat_pool_threads(pool);
    lat_pool_run(pool, 101, count_task, &sum);
    lat_pool_free(pool);
    return threads != 4 || atomic_load(&sum) != 5050;
}

static int use_files(void)
{
    char *name = lat_format("%s/inner/file", path);
    char *folder = lat_format("%s/inner", path);
    lat_map map = {0};
    lat_spill spill = {0};
    int bad = lat_folder_make(folder, NULL) != LAT_OK ||
              lat_file_write(name, "text", 4, NULL) != LAT_OK ||
              lat_file_write(name, "words", 5, NULL) != LAT_OK ||
              lat_map_open(&map, name, NULL) != LAT_OK || map.size != 5 ||
              lat_spill_open(&spill, folder, 100000, NULL) != LAT_OK ||
              unlink(name) != 0;
    lat_map_close(&map);
    lat_spill_close(&spill);
    lat_free(name);
    lat_free(folder);
    return bad;
}

static int use_memory(void)
{
    char *block = lat_alloc_large((size_t)64 << 20);
    if (block == NULL)
        return 1;
    memset(block, 1, (size_t)64 << 20);
    block = lat_realloc(block, (size_t)80 << 20);
    lat_free(block);
    return block == NULL;
}

static int talk(void)
{
    (void)isatty(STDERR_FILENO);
    return fprintf(stderr, "%s", "") < 0 || lat_clock_seconds() <= 0 ||
           lat_cpu_seconds() < 0;
}

static void on_alarm(int number) { (void)number; }

static int use_signals(void)
{
    struct sigaction action = {.sa_handler = on_alarm};
    return sigaction(SIGUSR1, &action, NULL) != 0 || raise(SIGUSR1) != 0;
}

/* ---- What it does not ---------------------------------------------------- */

static int start_program(void)
{
    char *none[] = {NULL};
    return execve("/bin/true", none, none);
}

static int start_process(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    return child < 0;
}

static int open_socket(void) { return socket(AF_INET, SOCK_STREAM, 0) < 0; }

static int send_bytes(void)
{
    return syscall(SYS_sendto, STDERR_FILENO, "", 0, 0, NULL, 0) < 0;
}

static int trace_parent(void)
{
    return syscall(SYS_ptrace, 16, getppid(), 0, 0) < 0;
}

static int signal_parent(void)
{
    return syscall(SYS_tgkill, getppid(), getppid(), 0) < 0;
}

static int make_code(void) /* musl's mmap makes ENOMEM of EPERM */
{
    return syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == -1;
}

static int turn_into_code(void)
{
    static char page[8192];
    char *begin = page + (4096 - (uintptr_t)page % 4096);
    return mprotect(begin, 4096, PROT_READ | PROT_EXEC) != 0;
}

static int type_into_terminal(void)
{
    return ioctl(STDERR_FILENO, TIOCSTI, "x") != 0;
}

static int ask_for_user(void) { return syscall(SYS_getuid) < 0; }

static int change_rights(void)
{
    return syscall(SYS_fchmodat, AT_FDCWD, path, 0777) < 0;
}

static int no_call(void) { return syscall(10000) < 0; }

/* ---- Trials -------------------------------------------------------------- */

enum { KILLED = 1000 };

/* 0, an errno, or KILLED; the process that enters the sandbox ends here. */
static int outcome(trial *try)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        lat_error error = {0};
        if (lat_sandbox_enter(&error) != LAT_OK)
            _exit(255);
        errno = 250;
        _exit(try() == 0 ? 0 : errno);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return -1;
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGSYS ? KILLED : -WTERMSIG(status);
    return WEXITSTATUS(status);
}

static int nothing(void) { return 0; }

static const struct {
    const char *what;
    trial *try;
    int expected;
} trials[] = {
    {"threads", use_threads, 0},
    {"files", use_files, 0},
    {"memory", use_memory, 0},
    {"talk and clocks", talk, 0},
    {"signals to oneself", use_signals, 0},
    {"a program", start_program, KILLED},
    {"a process", start_process, KILLED},
    {"a socket", open_socket, KILLED},
    {"bytes to a network", send_bytes, KILLED},
    {"tracing the parent", trace_parent, KILLED},
    {"a signal to the parent", signal_parent, EPERM},
    {"memory to run", make_code, EPERM},
    {"bytes to run", turn_into_code, EPERM},
    {"typing into a terminal", type_into_terminal, EPERM},
    {"the user's number", ask_for_user, ENOSYS},
    {"other rights for a file", change_rights, ENOSYS},
    {"a call that is none", no_call, ENOSYS},
};

int main(void)
{
    const char *folder = getenv("TMPDIR");
    snprintf(path, sizeof path, "%.200s/latent-sandbox-XXXXXX",
             folder == NULL ? "/tmp" : folder);
    CHECK(mkdtemp(path) != NULL);
    int first = outcome(nothing);
    if (first == 255) { /* no filter in this build, kernel or emulator */
        lat_error error = {0};
        CHECK(lat_sandbox_enter(&error) == LAT_USAGE);
        printf("skipped: %s\n", lat_error_message(&error));
        harness_skipped++;
    } else {
        CHECK(first == 0);
        for (size_t i = 0; i < sizeof trials / sizeof *trials; i++) {
            int got = outcome(trials[i].try);
            CHECK_MSG(got == trials[i].expected, "%s: %d, expected %d",
                      trials[i].what, got, trials[i].expected);
        }
    }
    char *inner = lat_format("%s/inner", path);
    (void)rmdir(inner);
    lat_free(inner);
    CHECK(rmdir(path) == 0);
    return harness_end("test_sandbox");
}
#endif
