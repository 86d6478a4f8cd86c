/*
 * fuzz_study.c - a study folder as the report reads it.
 *
 * A small real study (corpus/study-template) lies in memory; the input
 * replaces one or more of its files (several files, see fuzz.h; names have
 * '/' written as '+').
 */
#include "../../tools/report_int.h"
#include "../../tools/report_page_int.h"
#include "fuzz.h"

#include <dirent.h>
#include <unistd.h>

#define TEMPLATE "tests/fuzz/corpus/study-template"
enum { MOST = 64 };
static struct {
    char name[64];
    lat_map map;
    bool replaced;
} files[MOST];
static size_t file_count;

static void place(const char *name, const void *data, size_t size)
{
    char path[128] = "study/";

    snprintf(path + 6, sizeof path - 6, "%s", name);
    for (char *c = path; *c != '\0'; c++)
        if (*c == '+')
            *c = '/';
    fuzz_file(path, data, size);
}

static void open_template(void)
{
    static const char *const folders[] = {
        "study", "study/base", "study/tuned", "study/base/layer-01",
        "study/base/layer-02", "study/tuned/layer-01",
        "study/tuned/layer-02", "study/align", "study/polarity",
        "study/triggers"};
    DIR *folder = opendir(TEMPLATE);
    struct dirent *item;
    lat_error error = {0};

    fuzz_check(folder != NULL, "the template is absent");
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char path[64];

        snprintf(path, sizeof path, "%s/.made", folders[i]);
        fuzz_file(path, "", 0);
    }
    while ((item = readdir(folder)) != NULL && file_count < MOST) {
        char path[256];

        if (item->d_name[0] == '.')
            continue;
        snprintf(files[file_count].name, sizeof files[0].name, "%.63s",
                 item->d_name);
        snprintf(path, sizeof path, TEMPLATE "/%.63s", item->d_name);
        fuzz_check(lat_map_open(&files[file_count].map, path, &error) ==
                   LAT_OK, "the template cannot be read");
        place(files[file_count].name, files[file_count].map.data,
              files[file_count].map.size);
        file_count++;
    }
    closedir(folder);
}

static void take(void *context, const char *name, const unsigned char *data,
                 size_t size)
{
    (void)context;
    for (size_t i = 0; i < file_count; i++)
        if (strcmp(files[i].name, name) == 0) {
            place(name, data, size);
            files[i].replaced = true;
        }
}

FUZZ_TARGET(study)
{
    char folder[128], report[160];
    lat_error error = {0};

    if (file_count == 0)
        open_template();
    fuzz_unpack(data, size, take, NULL);
    snprintf(folder, sizeof folder, "%s/study", fuzz_folder());
    snprintf(report, sizeof report, "%s/report.html", fuzz_folder());
    fuzz_begin(size, 64 << 20, 4000);
    lat_report what = {.folders = {folder, NULL}, .out_path = report};
    fuzz_answer(lat_report_write(&what, NULL, &error), &error);
    fuzz_end();
    for (size_t i = 0; i < file_count; i++)
        if (files[i].replaced) {
            place(files[i].name, files[i].map.data, files[i].map.size);
            files[i].replaced = false;
        }
}
