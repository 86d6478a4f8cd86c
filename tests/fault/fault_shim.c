/*
 * fault_shim.c - a library for LD_PRELOAD that makes the n-th call of one
 * kind fail, or come short.  Tests only; Linux.
 *
 *     LATENT_FAULT=write:3:ENOSPC         the third write fails, once
 *     LATENT_FAULT=write:3:ENOSPC:after   it and all that follow
 *     LATENT_FAULT=read:1:short:after     every read gives one byte
 *     LATENT_FAULT_HIT=FILE               made when the fault has struck, so
 *                                         that the caller knows when n is
 *                                         past the last call
 *
 * Calls: open read write fsync rename mmap mkdir close alloc, where alloc
 * is the C library's door under base/memory.c (posix_memalign and calloc).
 * Only calls of the program count: those inside the C library do not come
 * through here, so that messages on standard error get out.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

typedef enum call {
    CALL_NONE, CALL_OPEN, CALL_READ, CALL_WRITE, CALL_FSYNC, CALL_RENAME,
    CALL_MMAP, CALL_MKDIR, CALL_CLOSE, CALL_ALLOC
} call;

static const char *const names[] = {"", "open", "read", "write", "fsync",
                                    "rename", "mmap", "mkdir", "close",
                                    "alloc"};
static const struct {
    const char *name;
    int number;
} errors[] = {{"EINTR", EINTR}, {"ENOSPC", ENOSPC}, {"EIO", EIO},
              {"EACCES", EACCES}, {"EMFILE", EMFILE}, {"ENOMEM", ENOMEM},
              {"ENODEV", ENODEV}, {"EROFS", EROFS}, {"EDQUOT", EDQUOT}};

static call target;
static unsigned long number;
static int failure; /* errno, or 0 for a call that comes short */
static bool after;
static atomic_ulong calls;

static int (*real_open)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...);
static ssize_t (*real_read)(int, void *, size_t);
static ssize_t (*real_write)(int, const void *, size_t);
static int (*real_fsync)(int);
static int (*real_rename)(const char *, const char *);
static void *(*real_mmap)(void *, size_t, int, int, int, off_t);
#ifdef __GLIBC__
static void *(*real_mmap64)(void *, size_t, int, int, int, off64_t);
#endif
static int (*real_mkdir)(const char *, mode_t);
static int (*real_close)(int);
static int (*real_memalign)(void **, size_t, size_t);

/* memcpy: ISO C has no cast from an object's pointer to a function's. */
static void find(void *to, const char *name)
{
    void *at = dlsym(RTLD_NEXT, name);
    memcpy(to, &at, sizeof at);
}

__attribute__((constructor)) static void begin(void)
{
    find(&real_open, "open");
    find(&real_openat, "openat");
    find(&real_read, "read");
    find(&real_write, "write");
    find(&real_fsync, "fsync");
    find(&real_rename, "rename");
    find(&real_mmap, "mmap");
#ifdef __GLIBC__
    find(&real_mmap64, "mmap64");
#endif
    find(&real_mkdir, "mkdir");
    find(&real_close, "close");
    find(&real_memalign, "posix_memalign");
    const char *plan = getenv("LATENT_FAULT");
    if (plan == NULL)
        return;
    for (size_t i = 1; i < sizeof names / sizeof *names; i++) {
        size_t size = strlen(names[i]);
        if (strncmp(plan, names[i], size) == 0 && plan[size] == ':')
            target = (call)i;
    }
    char *rest = NULL;
    const char *colon = strchr(plan, ':');
    number = colon == NULL ? 0 : strtoul(colon + 1, &rest, 10);
    if (number == 0 || rest == NULL || *rest != ':')
        target = CALL_NONE;
    for (size_t i = 0; target != CALL_NONE &&
                       i < sizeof errors / sizeof *errors; i++)
        if (strncmp(rest + 1, errors[i].name, strlen(errors[i].name)) == 0)
            failure = errors[i].number;
    after = target != CALL_NONE && strstr(rest, ":after") != NULL;
}

/* Counts the call; true when this one is to go wrong. */
static bool strikes(call which)
{
    if (which != target)
        return false;
    unsigned long mine = atomic_fetch_add(&calls, 1) + 1;
    if (mine != number && !(after && mine > number))
        return false;
    const char *hit = getenv("LATENT_FAULT_HIT");
    if (mine == number && hit != NULL) {
        int file = real_open(hit, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        if (file >= 0)
            real_close(file);
    }
    errno = failure;
    return true;
}

int open(const char *path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0;
    va_end(list);
    if (real_open == NULL)
        begin();
    return strikes(CALL_OPEN) ? -1 : real_open(path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0;
    va_end(list);
    return strikes(CALL_OPEN) ? -1 : real_openat(folder, path, flags, mode);
}

#ifdef __GLIBC__
/* What open and mmap are called with 64-bit offsets. */
int open64(const char *path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0;
    va_end(list);
    if (real_open == NULL)
        begin();
    if (strikes(CALL_OPEN))
        return -1;
    return real_open(path, flags | O_LARGEFILE, mode);
}

void *mmap64(void *at, size_t size, int rights, int flags, int file,
             off64_t from)
{
    if ((flags & MAP_ANONYMOUS) == 0 && strikes(CALL_MMAP))
        return MAP_FAILED;
    return real_mmap64(at, size, rights, flags, file, from);
}
#endif

ssize_t read(int file, void *data, size_t size)
{
    if (!strikes(CALL_READ))
        return real_read(file, data, size);
    return failure != 0 ? -1 : real_read(file, data, size != 0);
}

ssize_t write(int file, const void *data, size_t size)
{
    if (!strikes(CALL_WRITE))
        return real_write(file, data, size);
    return failure != 0 ? -1 : real_write(file, data, (size + 2) / 3);
}

int fsync(int file)
{
    return strikes(CALL_FSYNC) ? -1 : real_fsync(file);
}

int rename(const char *from, const char *to)
{
    return strikes(CALL_RENAME) ? -1 : real_rename(from, to);
}

void *mmap(void *at, size_t size, int rights, int flags, int file, off_t from)
{
    /* Anonymous memory is the allocator's business. */
    if ((flags & MAP_ANONYMOUS) == 0 && strikes(CALL_MMAP))
        return MAP_FAILED;
    return real_mmap(at, size, rights, flags, file, from);
}

int mkdir(const char *path, mode_t mode)
{
    return strikes(CALL_MKDIR) ? -1 : real_mkdir(path, mode);
}

/* The file is closed all the same, as Linux does. */
int close(int file)
{
    int result = real_close(file);
    if (!strikes(CALL_CLOSE))
        return result;
    errno = failure;
    return -1;
}

int posix_memalign(void **out, size_t to, size_t size)
{
    if (strikes(CALL_ALLOC))
        return ENOMEM;
    if (real_memalign == NULL)
        begin();
    return real_memalign(out, to, size);
}

/* By malloc: the real calloc cannot be looked up, since the look-up itself
 * may call it. */
void *calloc(size_t count, size_t size)
{
    if (strikes(CALL_ALLOC)) {
        errno = ENOMEM;
        return NULL;
    }
    if (size != 0 && count > (size_t)-1 / size)
        return NULL;
    void *block = malloc(count * size);
    return block == NULL ? NULL : memset(block, 0, count * size);
}
