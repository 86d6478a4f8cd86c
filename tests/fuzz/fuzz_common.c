/* fuzz_common.c - see fuzz.h. */
#include "fuzz.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static char path[256];
static size_t held_before;

void fuzz_check(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "fuzz: broken promise: %s\n", what);
    abort();
}

void fuzz_begin(size_t size, size_t base, size_t factor)
{
    held_before = lat_memory_in_use();
    lat_memory_limit(held_before + base + size * factor);
}

void fuzz_end(void)
{
    lat_memory_limit(0);
    fuzz_check(lat_memory_in_use() == held_before, "a leak");
}

bool fuzz_answer(lat_status status, lat_error *error)
{
    const char *message;

    fuzz_check(status == error->code, "status and record differ");
    if (status == LAT_OK)
        return true;
    message = lat_error_message(error);
    if (status != LAT_MALFORMED && status != LAT_UNSUPPORTED &&
        status != LAT_OUT_OF_RANGE && status != LAT_NOT_FOUND) {
        fprintf(stderr, "fuzz: %s: %s\n", lat_status_name(status), message);
        fuzz_check(false, "a status that no input should give");
    }
    fuzz_check(error->text[0] != '\0', "an error without a text");
    fuzz_check(lat_utf8_valid(message, strlen(message)) == strlen(message),
               "a message that is not UTF-8");
    for (const char *c = message; *c != '\0'; c++)
        fuzz_check((unsigned char)*c >= 32 && *c != 127,
                   "a control character in a message");
    return false;
}

static void remove_folder(void)
{
    lat_buffer command = {0};

    /* Names are ours: no quoting is needed. */
    lat_buffer_format(&command, "rm -rf %s", folder);
    if (command.data != NULL && system(command.data) != 0)
        perror(folder);
    lat_buffer_free(&command);
}

const char *fuzz_folder(void)
{
    if (folder[0] == '\0') {
        const char *place = access("/dev/shm", W_OK) == 0 ? "/dev/shm"
                                                          : "/tmp";
        snprintf(folder, sizeof folder, "%s/latent-fuzz-XXXXXX", place);
        fuzz_check(mkdtemp(folder) != NULL, "no folder for files");
        atexit(remove_folder);
    }
    return folder;
}

const char *fuzz_file(const char *name, const void *data, size_t size)
{
    FILE *file;
    char *slash;

    snprintf(path, sizeof path, "%s/%s", fuzz_folder(), name);
    slash = strrchr(path, '/');
    *slash = '\0';
    fuzz_check(mkdir(path, 0700) == 0 || errno == EEXIST, "no folder");
    *slash = '/';
    file = fopen(path, "wb");
    fuzz_check(file != NULL && fwrite(data, 1, size, file) == size &&
               fclose(file) == 0, "a file could not be written");
    return path;
}

/* Where the next "=== " at the start of a line begins, or size. */
static size_t next_mark(const unsigned char *data, size_t size, size_t from)
{
    for (size_t at = from; at + 4 <= size; at++)
        if (memcmp(data + at, "=== ", 4) == 0 &&
            (at == 0 || data[at - 1] == '\n'))
            return at;
    return size;
}

void fuzz_unpack(const unsigned char *data, size_t size, fuzz_take *take,
                 void *context)
{
    size_t at = next_mark(data, size, 0);

    while (at < size) {
        char name[64] = "";
        size_t line = at + 4, end = line, next;

        while (end < size && data[end] != '\n')
            end++;
        if (end - line < sizeof name)
            memcpy(name, data + line, end - line);
        if (end < size)
            end++;
        next = next_mark(data, size, end);
        /* The line break before a mark is not part of the file. */
        take(context, name, data + end,
             next < size && next > end ? next - end - 1 : next - end);
        at = next;
    }
}
