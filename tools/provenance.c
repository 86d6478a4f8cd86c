/* provenance.c - see provenance_int.h. */
#include "provenance_int.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

/* ---- Files of a folder -------------------------------------------------- */

static lat_status list_add(file_list *list, char *path, lat_error *error)
{
    if (path == NULL)
        return lat_error_memory(error, 64);
    if (list->count == list->capacity) {
        size_t capacity = list->capacity * 2 + 64;
        char **paths = lat_realloc(list->paths, capacity * sizeof *paths);
        if (paths == NULL) {
            lat_free(path);
            return lat_error_memory(error, capacity * sizeof *paths);
        }
        list->paths = paths;
        list->capacity = capacity;
    }
    list->paths[list->count++] = path;
    return LAT_OK;
}

/* What is in the folder `below` of `root`. */
static lat_status list_folder(file_list *list, const char *root,
                              const char *below, int depth, lat_error *error)
{
    char *full = below[0] == '\0' ? lat_copy_string(root)
                                  : lat_path_join(root, below);
    DIR *folder = full == NULL ? NULL : opendir(full);
    lat_status status = LAT_OK;
    if (folder == NULL) {
        status = full == NULL ? lat_error_memory(error, 64)
                              : lat_error_errno(error, full, "list");
        lat_free(full);
        return status;
    }
    for (struct dirent *entry = readdir(folder);
         entry != NULL && status == LAT_OK; entry = readdir(folder)) {
        if (entry->d_name[0] == '.')
            continue;
        char *name = below[0] == '\0'
                         ? lat_copy_string(entry->d_name)
                         : lat_path_join(below, entry->d_name);
        char *path = name == NULL ? NULL : lat_path_join(root, name);
        bool is_folder = path != NULL && lat_path_is_folder(path);
        lat_free(path);
        if (is_folder && depth > 0)
            status = list_folder(list, root, name, depth - 1, error);
        else if (!is_folder) {
            status = list_add(list, name, error);
            name = NULL;
        }
        lat_free(name);
    }
    (void)closedir(folder);
    lat_free(full);
    return status;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

lat_status file_list_read(file_list *list, const char *folder, int depth,
                          lat_error *error)
{
    lat_status status = list_folder(list, folder, "", depth, error);
    if (list->count > 0)
        qsort(list->paths, list->count, sizeof *list->paths, by_bytes);
    return status;
}

void file_list_free(file_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        lat_free(list->paths[i]);
    lat_free(list->paths);
    memset(list, 0, sizeof *list);
}

/* ---- Inputs ------------------------------------------------------------- */

void provenance_free(provenance *from)
{
    for (size_t i = 0; i < from->count; i++)
        lat_free(from->items[i].path);
    lat_free(from->items);
    from->items = NULL;
    from->count = from->room = 0;
}

static lat_status add_file(provenance *to, const char *path,
                           const char *role, lat_error *error)
{
    unsigned char digest[32];
    lat_status status = lat_sha256_file(digest, path, error);
    if (status != LAT_OK)
        return status;
    if (to->count == to->room) {
        size_t room = 2 * to->room + 16;
        provenance_input *items =
            lat_realloc(to->items, room * sizeof *items);
        if (items == NULL)
            return lat_error_memory(error, room * sizeof *items);
        to->items = items;
        to->room = room;
    }
    provenance_input *one = &to->items[to->count];
    one->path = lat_copy_string(path);
    one->role = role;
    if (one->path == NULL)
        return lat_error_memory(error, strlen(path) + 1);
    lat_sha256_hex(digest, one->sha256);
    to->count++;
    return LAT_OK;
}

lat_status provenance_add(provenance *to, const char *path, const char *role,
                          lat_error *error)
{
    file_list list = {0};
    if (strcmp(path, "-") == 0)
        return LAT_OK;
    if (!lat_path_is_folder(path))
        return add_file(to, path, role, error);
    lat_status status = file_list_read(&list, path, 0, error);
    for (size_t i = 0; i < list.count && status == LAT_OK; i++) {
        char *file = lat_path_join(path, list.paths[i]);
        status = file == NULL ? lat_error_memory(error, 64)
                              : add_file(to, file, role, error);
        lat_free(file);
    }
    file_list_free(&list);
    return status;
}

lat_status provenance_add_model(provenance *to, const lat_model *model,
                                const char *role, lat_error *error)
{
    lat_status status = LAT_OK;
    for (size_t i = 0; status == LAT_OK && i < lat_model_file_count(model);
         i++)
        status = add_file(to, lat_model_file(model, i), role, error);
    return status;
}

static void put_member(lat_json_writer *json, const char *key,
                       const char *value)
{
    lat_json_key(json, key);
    lat_json_put_text(json, value);
}

void provenance_put_inputs(lat_json_writer *json, const provenance *from)
{
    lat_json_open(json, '[');
    for (size_t i = 0; i < from->count; i++) {
        lat_json_open(json, '{');
        put_member(json, "path", from->items[i].path);
        put_member(json, "role", from->items[i].role);
        put_member(json, "sha256", from->items[i].sha256);
        lat_json_close(json, '}');
    }
    lat_json_close(json, ']');
}

/* ---- Options ------------------------------------------------------------ */

/* Options on which no result depends, or that say where results go. */
static bool is_left_out(const char *name)
{
    static const char *const names[] = {
        "out", "augment", "memory", "spill", "dry-run", "only",
        "make", "slurm", "script", "parts", "json", "lengths", NULL};
    for (size_t i = 0; names[i] != NULL; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* An option's name as a key: "_" for "-". */
static void option_key(char out[64], const cli_option *option)
{
    (void)snprintf(out, 64, "%s", option->name);
    for (char *at = out; *at != '\0'; at++)
        if (*at == '-')
            *at = '_';
}

static int by_key(const void *a, const void *b)
{
    char x[64], y[64];
    option_key(x, *(const cli_option *const *)a);
    option_key(y, *(const cli_option *const *)b);
    return strcmp(x, y);
}

static void put_option(lat_json_writer *json, const cli_call *call,
                       const cli_option *option)
{
    const char *name = option->name, *const *many = NULL;
    const char *text = cli_text(call, name);
    if (option->kind == CLI_FLAG) {
        lat_json_put_bool(json, cli_given(call, name));
    } else if (option->kind == CLI_MANY) {
        size_t count = cli_many(call, name, &many);
        lat_json_open(json, '[');
        for (size_t i = 0; i < count; i++)
            lat_json_put_text(json, many[i]);
        lat_json_close(json, ']');
    } else if (text == NULL) {
        lat_json_put_null(json);
    } else if (option->kind == CLI_TEXT) {
        lat_json_put_text(json, text);
    } else if (option->kind == CLI_NUMBER) {
        lat_json_put_number(json, cli_number(call, name));
    } else {
        lat_json_put_count(json, cli_count(call, name));
    }
}

void provenance_put_options(lat_json_writer *json, const cli_call *call,
                            provenance_own *own, const void *context)
{
    enum { MOST = 96 };
    const cli_option *list[MOST];
    size_t count = 0;
    for (const cli_option *o = cli_verb_of(call)->options;
         o->name != NULL && count < MOST; o++)
        if (!is_left_out(o->name))
            list[count++] = o;
    qsort(list, count, sizeof *list, by_key);
    lat_json_open(json, '{');
    for (size_t i = 0; i < count; i++) {
        char key[64];
        option_key(key, list[i]);
        lat_json_key(json, key);
        if (own == NULL || !own(json, context, list[i]->name))
            put_option(json, call, list[i]);
    }
    lat_json_close(json, '}');
}

void provenance_put(lat_json_writer *json, const void *provenance_of)
{
    const provenance *from = provenance_of;
    lat_json_open(json, '{');
    lat_json_key(json, "inputs");
    provenance_put_inputs(json, from);
    lat_json_key(json, "options");
    provenance_put_options(json, from->call, NULL, NULL);
    put_member(json, "version", LAT_VERSION);
    lat_json_close(json, '}');
}
