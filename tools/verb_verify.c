/*
 * verb_verify.c - is a study folder what its manifest says it is?
 */
#include "verbs_int.h"

#include <string.h>

static const cli_option options[] = {
    {"inputs", 0, CLI_FLAG, NULL,
     "also hash the inputs (models, corpus) at the paths that are recorded",
     NULL},
    {0}};

typedef struct verifying {
    const char *folder;
    size_t good, changed, missing;
} verifying;

static lat_status verify_file(verifying *v, const char *path,
                              const char *shown, const char *wanted,
                              lat_error *error)
{
    unsigned char digest[32];
    char hex[65];
    if (!lat_path_exists(path)) {
        printf("missing\t%s\n", shown);
        v->missing++;
        return LAT_OK;
    }
    lat_status status = lat_sha256_file(digest, path, error);
    if (status != LAT_OK)
        return status;
    lat_sha256_hex(digest, hex);
    if (strcmp(hex, wanted) == 0) {
        v->good++;
    } else {
        printf("changed\t%s\n", shown);
        v->changed++;
    }
    return LAT_OK;
}

/* A path of a study's own file: relative, without "..". */
static bool is_inside(const char *path)
{
    return path[0] != '/' && strstr(path, "..") == NULL;
}

static lat_status verify_list(verifying *v, const lat_json *list,
                              bool inside, lat_error *error)
{
    if (list == NULL || list->type != LAT_JSON_ARRAY)
        return lat_error_set(error, LAT_MALFORMED,
                             "expected lists \"inputs\" and \"outputs\"");
    for (size_t i = 0; i < list->size; i++) {
        bool bad = false;
        const char *path = lat_json_text(&list->items[i], "path", NULL, &bad);
        const char *hash =
            lat_json_text(&list->items[i], "sha256", NULL, &bad);
        if (bad || path == NULL || hash == NULL ||
            (inside && !is_inside(path)))
            return lat_error_at_byte(error, LAT_MALFORMED,
                                     list->items[i].byte,
                                     "expected an object with \"path\" "
                                     "(inside the study) and \"sha256\"");
        char *full = inside ? lat_path_join(v->folder, path)
                            : lat_copy_string(path);
        if (full == NULL)
            return lat_error_memory(error, strlen(path));
        lat_status status = verify_file(v, full, path, hash, error);
        lat_free(full);
        if (status != LAT_OK)
            return status;
    }
    return LAT_OK;
}

static lat_status run(cli_call *call, lat_error *error)
{
    verifying v = {.folder = cli_argument(call, 0)};
    lat_arena arena = {0};
    lat_map map = {0};
    const lat_json *manifest = NULL;
    char *path = lat_path_join(v.folder, "manifest.json");
    if (path == NULL)
        return lat_error_memory(error, strlen(v.folder));
    lat_status status = lat_map_open(&map, path, error);
    if (status == LAT_OK)
        status = lat_json_parse(&manifest, &arena, map.data, map.size, error);
    if (status == LAT_OK)
        status = verify_list(&v, lat_json_get(manifest, "outputs"), true,
                             error);
    if (status == LAT_OK && cli_given(call, "inputs"))
        status = verify_list(&v, lat_json_get(manifest, "inputs"), false,
                             error);
    if (status == LAT_OK) {
        printf("%zu files as recorded, %zu changed, %zu missing\n", v.good,
               v.changed, v.missing);
        if (v.changed + v.missing != 0)
            status = lat_error_set(error, LAT_MALFORMED,
                                   "%zu files are not as recorded",
                                   v.changed + v.missing);
    }
    if (status != LAT_OK)
        lat_error_in_file(error, path);
    lat_map_close(&map);
    lat_arena_free(&arena);
    lat_free(path);
    return status;
}

const cli_verb verb_verify = {
    .name = "verify",
    .summary = "checks the hashes of a study folder",
    .forms = "latent verify STUDY [--inputs]",
    .examples = "latent verify study\nlatent verify study --inputs",
    .notes = "Lists files that are changed or missing; exit code 1 when "
             "there are any.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run};
