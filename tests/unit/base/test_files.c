/* Files in and out, paths and folders. */
#include "../../harness.h"
#include "../../../base/base.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

static char folder[64] = "/tmp/latent-files-XXXXXX";

/* A path in the scratch folder; 256 may be in use. */
static const char *in_folder(const char *name)
{
    static char paths[256][200];
    static size_t next;
    char *path = paths[next++ % 256];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static void check_content(const char *path, const char *want)
{
    lat_map map = {0};
    lat_error e = {0};
    CHECK_MSG(lat_map_open(&map, path, &e) == LAT_OK, "%s",
              lat_error_message(&e));
    CHECK_MSG(map.size == strlen(want) &&
                  memcmp(map.data, want, map.size) == 0,
              "%s: got \"%.*s\", expected \"%s\"", path, (int)map.size,
              (const char *)map.data, want);
    lat_map_close(&map);
}

static size_t count_files(void)
{
    size_t files = 0;
    DIR *list = opendir(folder);
    for (struct dirent *one; list != NULL && (one = readdir(list)) != NULL;)
        files += strcmp(one->d_name, ".") != 0 &&
                 strcmp(one->d_name, "..") != 0;
    if (list != NULL)
        closedir(list);
    return files;
}

static void test_map(void)
{
    lat_map map = {0};
    lat_error e = {0};
    const char *path = in_folder("map.txt");
    CHECK(lat_file_write(path, "hello", 5, NULL) == LAT_OK);
    CHECK(lat_map_open(&map, path, NULL) == LAT_OK && map.mapped &&
          map.size == 5 && memcmp(map.data, "hello", 5) == 0);
    lat_map_close(&map);
    lat_map_close(&map);
    CHECK(lat_file_write(path, "", 0, NULL) == LAT_OK);
    CHECK(lat_map_open(&map, path, NULL) == LAT_OK && map.data != NULL &&
          map.size == 0);
    lat_map_close(&map);
    CHECK(lat_map_open(&map, in_folder("none"), &e) == LAT_NOT_FOUND);
    CHECK(strstr(lat_error_message(&e), "/none: cannot open: ") != NULL);
    lat_error_clear(&e);
    CHECK(lat_map_open(&map, folder, &e) == LAT_UNSUPPORTED);
    /* A link on the way in is followed, as hub caches need it. */
    lat_file_write(path, "target", 6, NULL);
    CHECK(symlink("map.txt", in_folder("link")) == 0);
    check_content(in_folder("link"), "target");
    unlink(in_folder("link"));
    unlink(path);
    /* Claims to be empty, is not. */
    if (lat_path_exists("/proc/version")) {
        CHECK(lat_map_open(&map, "/proc/version", NULL) == LAT_OK &&
              !map.mapped && map.size > 10);
        lat_map_close(&map);
    }
}

/* Enough for several reads, through a pipe on standard input. */
static void test_pipe(void)
{
    enum { BYTES = 300000 };
    int ends[2];
    int saved = dup(STDIN_FILENO);
    CHECK(pipe(ends) == 0);
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < BYTES / 10; i++)
            if (write(ends[1], "0123456789", 10) != 10)
                _exit(1);
        _exit(0);
    }
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    lat_map map = {0};
    CHECK(lat_map_open(&map, "-", NULL) == LAT_OK && !map.mapped);
    CHECK_MSG(map.size == BYTES && map.data[BYTES - 1] == '9', "%zu bytes",
              map.size);
    lat_map_close(&map);
    CHECK(lat_map_open(&map, "-", NULL) == LAT_OK && map.size == 0);
    lat_map_close(&map);
    /* Each of the allocations on the way may fail. */
    lat_memory_fail_at(1, true);
    int zeros = open("/dev/zero", O_RDONLY);
    CHECK(dup2(zeros, STDIN_FILENO) == STDIN_FILENO);
    close(zeros);
    lat_status got = lat_map_open(&map, "-", NULL);
    lat_memory_fail_at(0, false);
    CHECK(got == LAT_NO_MEMORY);
    lat_memory_limit(lat_memory_in_use() + 1000000);
    CHECK(lat_map_open(&map, "-", NULL) == LAT_NO_MEMORY);
    lat_memory_limit(0);
    CHECK(lat_map_open(&map, "/dev/zero", NULL) == LAT_UNSUPPORTED);
    CHECK(lat_map_open(&map, "", NULL) == LAT_USAGE);
    dup2(saved, STDIN_FILENO);
    close(saved);
    close(ends[0]);
}

static void test_paths(void)
{
    char *a = lat_path_join("x", "y"), *b = lat_path_join("x/", "y");
    char *c = lat_path_join("", "y"), *d = lat_path_join("/", "y");
    CHECK_TEXT(a, "x/y");
    CHECK_TEXT(b, "x/y");
    CHECK_TEXT(c, "y");
    CHECK_TEXT(d, "/y");
    lat_free(a);
    lat_free(b);
    lat_free(c);
    lat_free(d);
    CHECK_TEXT(lat_path_base("a/b/c.txt"), "c.txt");
    CHECK_TEXT(lat_path_base("c.txt"), "c.txt");
    CHECK_TEXT(lat_path_base("a/"), "");
    CHECK(lat_path_exists(folder) && lat_path_is_folder(folder));
    CHECK(!lat_path_exists(in_folder("none")));
    CHECK(!lat_path_is_folder(in_folder("none")));
    CHECK(lat_folder_make(in_folder("a/b//c/"), NULL) == LAT_OK);
    CHECK(lat_path_is_folder(in_folder("a/b/c")));
    CHECK(lat_folder_make(in_folder("a/b/c"), NULL) == LAT_OK);
    CHECK(lat_folder_make("/", NULL) == LAT_OK);
    CHECK(lat_folder_make("", NULL) == LAT_USAGE);
    CHECK(lat_file_write(in_folder("file"), "x", 1, NULL) == LAT_OK);
    CHECK(lat_folder_make(in_folder("file"), NULL) != LAT_OK);
    CHECK(lat_folder_make(in_folder("file/below"), NULL) != LAT_OK);
    lat_memory_fail_at(1, false);
    CHECK(lat_folder_make(in_folder("z"), NULL) == LAT_NO_MEMORY);
    lat_memory_fail_at(0, false);
    unlink(in_folder("file"));
    rmdir(in_folder("a/b/c"));
    rmdir(in_folder("a/b"));
    rmdir(in_folder("a"));
}

static void test_commit(void)
{
    const char *path = in_folder("out.txt");
    lat_output *out = NULL;
    unsigned char digest[32], again[32];
    CHECK(lat_output_open(&out, path, NULL) == LAT_OK);
    lat_buffer all = {0};
    for (int i = 0; i < 30000; i++) {
        CHECK(lat_output_format(out, NULL, "%d\n", i) == LAT_OK);
        lat_buffer_format(&all, "%d\n", i);
    }
    CHECK(lat_output_write(out, all.data, all.size, NULL) == LAT_OK);
    CHECK(lat_output_write(out, NULL, 0, NULL) == LAT_OK);
    /* Nothing of that name before the commit. */
    CHECK(!lat_path_exists(path) && count_files() == 1);
    CHECK(lat_output_commit(out, digest, NULL) == LAT_OK);
    CHECK(count_files() == 1);
    lat_map map = {0};
    CHECK(lat_map_open(&map, path, NULL) == LAT_OK);
    CHECK(map.size == 2 * all.size &&
          memcmp(map.data, all.data, all.size) == 0 &&
          memcmp(map.data + all.size, all.data, all.size) == 0);
    lat_map_close(&map);
    CHECK(lat_sha256_file(again, path, NULL) == LAT_OK);
    CHECK(memcmp(digest, again, 32) == 0);
    lat_buffer_free(&all);
    struct stat info = {0};
    mode_t mask = umask(027);
    CHECK(lat_file_write(path, "new", 3, NULL) == LAT_OK);
    umask(mask);
    CHECK(stat(path, &info) == 0 && (info.st_mode & 0777) == 0640);
    check_content(path, "new");
    unlink(path);
    /* In the working folder, without a slash. */
    int here = open(".", O_RDONLY);
    CHECK(here >= 0 && chdir(folder) == 0);
    CHECK(lat_file_write("plain", "x", 1, NULL) == LAT_OK);
    CHECK(fchdir(here) == 0);
    close(here);
    check_content(in_folder("plain"), "x");
    unlink(in_folder("plain"));
}

/* Whatever goes wrong, the old file stays and no temporary is left. */
static void test_failures(void)
{
    const char *path = in_folder("old.txt");
    lat_output *out = NULL;
    lat_error e = {0};
    CHECK(lat_file_write(path, "old", 3, NULL) == LAT_OK);
    CHECK(lat_output_open(&out, path, NULL) == LAT_OK);
    CHECK(lat_output_write(out, "new", 3, NULL) == LAT_OK);
    lat_output_abort(out);
    lat_output_abort(NULL);
    check_content(path, "old");
    CHECK(count_files() == 1);
    char big[5000];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    CHECK(lat_output_open(&out, path, NULL) == LAT_OK);
    CHECK(lat_output_format(out, NULL, "%s", big) == LAT_INTERNAL);
    CHECK(lat_output_write(out, "x", 1, NULL) == LAT_IO);
    CHECK(lat_output_commit(out, NULL, &e) == LAT_IO);
    check_content(path, "old");
    CHECK(count_files() == 1);
    for (uint64_t n = 1; n <= 3; n++) {
        lat_memory_fail_at(n, false);
        CHECK(lat_output_open(&out, path, NULL) == LAT_NO_MEMORY);
        lat_memory_fail_at(0, false);
        CHECK(out == NULL && count_files() == 1);
    }
    CHECK(lat_output_open(&out, in_folder("none/x"), NULL) == LAT_NOT_FOUND);
    CHECK(lat_output_open(&out, folder, NULL) == LAT_IO);
    CHECK(symlink("old.txt", in_folder("link")) == 0);
    lat_error_clear(&e);
    CHECK(lat_output_open(&out, in_folder("link"), &e) == LAT_IO);
    CHECK(strstr(lat_error_message(&e), "symbolic link") != NULL);
    unlink(in_folder("link"));
    check_content(path, "old");
    unlink(path);
    CHECK(count_files() == 0);
}

static void test_devices(void)
{
    lat_output *out = NULL;
    lat_error e = {0};
    struct stat info = {0};
    CHECK(lat_file_write("/dev/null", "x", 1, NULL) == LAT_OK);
    CHECK(stat("/dev/null", &info) == 0 && S_ISCHR(info.st_mode));
    if (stat("/dev/full", &info) == 0) {
        CHECK(lat_output_open(&out, "/dev/full", NULL) == LAT_OK);
        CHECK(lat_output_write(out, "x", 1, NULL) == LAT_OK);
        CHECK(lat_output_commit(out, NULL, &e) == LAT_IO);
        CHECK(strstr(lat_error_message(&e), "/dev/full: cannot write: ") !=
              NULL);
    }
}

/* "-" goes out, is hashed, and stays open. */
static void test_stdout(void)
{
    fflush(stdout);
    int saved = dup(STDOUT_FILENO);
    const char *path = in_folder("stdout");
    int file = open(path, O_CREAT | O_WRONLY, 0600);
    dup2(file, STDOUT_FILENO);
    lat_status got = lat_file_write("-", "talk\n", 5, NULL);
    lat_status more = lat_file_write("-", "more\n", 5, NULL);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    close(file);
    CHECK(got == LAT_OK && more == LAT_OK);
    check_content(path, "talk\nmore\n");
    unlink(path);
}

static void test_abort_all(void)
{
    lat_output *a = NULL, *b = NULL;
    CHECK(lat_output_open(&a, in_folder("a"), NULL) == LAT_OK);
    CHECK(lat_output_open(&b, in_folder("b"), NULL) == LAT_OK);
    CHECK(count_files() == 2);
    lat_output_abort_all();
    CHECK(count_files() == 0);
    CHECK(lat_output_commit(a, NULL, NULL) != LAT_OK);
    lat_output_abort(b);
    CHECK(count_files() == 0);
    /* The table has an end; files beyond it are refused, not forgotten. */
    lat_output *many[100] = {0};
    size_t open = 0;
    char name[20];
    while (open < 100) {
        snprintf(name, sizeof name, "m%zu", open);
        if (lat_output_open(&many[open], in_folder(name), NULL) != LAT_OK)
            break;
        open++;
    }
    CHECK_MSG(open >= 32 && open < 100, "%zu files", open);
    while (open > 0)
        lat_output_abort(many[--open]);
    CHECK(count_files() == 0);
}

/* A spill has no name, starts as zeros, and keeps what rests. */
static void test_spill(void)
{
    enum { BYTES = 300000 };
    lat_spill spill = {0};
    lat_error e = {0};
    CHECK(lat_spill_open(&spill, folder, BYTES, &e) == LAT_OK);
    CHECK(count_files() == 0);
    unsigned char *data = spill.data;
    size_t off = 0;
    CHECK(data != NULL && spill.size == BYTES);
    for (size_t i = 0; data != NULL && i < BYTES; i++) {
        off += data[i] != 0;
        data[i] = (unsigned char)(i * 7);
    }
    lat_spill_rest(&spill, 1, BYTES - 1);
    lat_spill_rest(&spill, 5000, 5001);   /* within a page: nothing */
    lat_spill_rest(&spill, 0, 2 * BYTES); /* beyond: nothing */
    for (size_t i = 0; data != NULL && i < BYTES; i++)
        off += data[i] != (unsigned char)(i * 7);
    CHECK_MSG(off == 0, "%zu bytes differ", off);
    lat_spill_close(&spill);
    lat_spill_close(&spill);
    CHECK(spill.data == NULL);
    CHECK(lat_spill_open(&spill, folder, 0, &e) == LAT_OK);
    lat_spill_close(&spill);
    CHECK(lat_spill_open(&spill, in_folder("none"), 9, &e) ==
          LAT_NOT_FOUND);
    lat_error_clear(&e);
    CHECK(lat_spill_open(&spill, folder, SIZE_MAX - 4095, &e) != LAT_OK);
    CHECK(e.text[0] != '\0' && spill.data == NULL && count_files() == 0);
}

int main(void)
{
    CHECK(mkdtemp(folder) != NULL);
    test_map();
    test_pipe();
    test_paths();
    test_commit();
    test_failures();
    test_devices();
    test_stdout();
    test_abort_all();
    test_spill();
    CHECK(count_files() == 0);
    CHECK(rmdir(folder) == 0);
    CHECK(lat_memory_in_use() == 0);
    return harness_end("test_files");
}
