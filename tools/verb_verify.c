/*
 * verb_verify.c - is a study folder what its manifest says it is?
 */
#include "verbs_int.h"

#include <string.h>

static const cli_option options[] = {
    {"inputs", 0, CLI_FLAG, NULL,
     "also hash the inputs (models, corpus) at the paths that are recorded",
     NULL},
    {"rerun", 0, CLI_TEXT, "DIR",
     "run the study again into this new folder, from the inputs and options "
     "that are recorded: every file must have the recorded hash (implies "
     "--inputs)", NULL},
    {"memory", 0, CLI_BYTES, "SIZE", "most memory for --rerun, such as 4G",
     NULL},
    {0}};

typedef struct verifying {
    const char *folder;
    const char *changed_word; /* for a file of another hash */
    lat_buffer text;          /* what is told */
    size_t good, changed, missing;
} verifying;

static lat_status verify_file(verifying *v, const char *path,
                              const char *shown, const char *wanted,
                              lat_error *error)
{
    unsigned char digest[32];
    char hex[65];
    if (!lat_path_exists(path)) {
        lat_buffer_format(&v->text, "missing\t%s\n", shown);
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
        lat_buffer_format(&v->text, "%s\t%s\n", v->changed_word, shown);
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

/* What was found, on standard output; an error if not all is well. */
static lat_status tell(verifying *v, const char *where, lat_error *error)
{
    size_t bad = v->changed + v->missing;
    lat_buffer_format(&v->text, "%zu files %s, %zu %s, %zu missing\n", v->good,
                      where, v->changed, v->changed_word, v->missing);
    lat_status status = cli_print(&v->text, error);
    if (status == LAT_OK && bad != 0)
        return lat_error_set(error, LAT_MALFORMED, "%zu files are not %s",
                             bad, where);
    return status;
}

/* What changes no byte of a study is in no manifest, and a stranger's shall
 * not write where the user did not say. */
static lat_status check_options(const cli_call *inner, lat_error *error)
{
    static const char *const never[] = {"spill", "only", "dry-run"};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        if (cli_given(inner, never[i]))
            return lat_error_set(error, LAT_MALFORMED,
                                 "the options hold '%s', expected those that "
                                 "`latent run` records",
                                 never[i]);
    return LAT_OK;
}

/* `latent run` from the options in the manifest. */
static lat_status run_again(cli_call *call, const char *manifest,
                            lat_error *error)
{
    cli_call *inner = NULL;
    char options_name[] = "--options", out_name[] = "--out";
    char *path = lat_copy_string(manifest);
    char *folder = lat_copy_string(cli_text(call, "rerun"));
    char *arguments[] = {options_name, path, out_name, folder};
    lat_status status = LAT_OK;
    if (path == NULL || folder == NULL)
        status = lat_error_memory(error, strlen(manifest));
    if (status == LAT_OK)
        status = cli_parse(&inner, &verb_run, 4, arguments, error);
    if (status == LAT_OK)
        status = check_options(inner, error);
    static const char *const passed[] = {"threads", "memory", "quiet",
                                         "verbose"};
    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
        if (status == LAT_OK && cli_given(call, passed[i]))
            status =
                cli_set(inner, passed[i], cli_text(call, passed[i]), error);
    if (status == LAT_OK)
        status = verb_run.run(inner, error);
    cli_free(inner);
    lat_free(path);
    lat_free(folder);
    return status;
}

/* Every file of the re-run has the hash that the study's manifest records,
 * and the manifests are the same. */
static lat_status compare_again(cli_call *call, const char *manifest,
                                const lat_json *outputs, lat_error *error)
{
    verifying v = {.folder = cli_text(call, "rerun"),
                   .changed_word = "different"};
    unsigned char digest[32];
    char hex[65];
    lat_status status = run_again(call, manifest, error);
    if (status != LAT_OK)
        return status;
    char *path = lat_path_join(v.folder, "manifest.json");
    if (path == NULL)
        return lat_error_memory(error, strlen(v.folder));
    status = verify_list(&v, outputs, true, error);
    if (status == LAT_OK)
        status = lat_sha256_file(digest, manifest, error);
    if (status == LAT_OK) {
        lat_sha256_hex(digest, hex);
        status = verify_file(&v, path, "manifest.json", hex, error);
    }
    lat_free(path);
    if (status == LAT_OK)
        return tell(&v, "the same in the re-run", error);
    lat_buffer_free(&v.text);
    return status;
}

static lat_status verify(cli_call *call, const char *path,
                         const lat_json *manifest, lat_error *error)
{
    verifying v = {.folder = cli_argument(call, 0),
                   .changed_word = "changed"};
    const lat_json *outputs = lat_json_get(manifest, "outputs");
    const char *again = cli_text(call, "rerun");
    if (again != NULL && lat_path_exists(again))
        return lat_error_set(error, LAT_USAGE,
                             "--rerun %s is there already, expected the name "
                             "of a new folder",
                             again);
    lat_status status = verify_list(&v, outputs, true, error);
    if (status == LAT_OK && (cli_given(call, "inputs") || again != NULL))
        status = verify_list(&v, lat_json_get(manifest, "inputs"), false,
                             error);
    if (status == LAT_OK)
        status = tell(&v, "as recorded", error);
    lat_buffer_free(&v.text);
    if (status == LAT_OK && again != NULL)
        status = compare_again(call, path, outputs, error);
    return status;
}

static lat_status run(cli_call *call, lat_error *error)
{
    const char *folder = cli_argument(call, 0);
    lat_arena arena = {0};
    lat_map map = {0};
    const lat_json *manifest = NULL;
    char *path = lat_path_join(folder, "manifest.json");
    if (path == NULL)
        return lat_error_memory(error, strlen(folder));
    lat_status status = lat_map_open(&map, path, error);
    if (status == LAT_OK)
        status = lat_json_parse(&manifest, &arena, map.data, map.size, error);
    if (status == LAT_OK)
        status = verify(call, path, manifest, error);
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
    .forms = "latent verify STUDY [--inputs]\n"
             "latent verify STUDY --rerun DIR",
    .examples = "latent verify study\nlatent verify study --inputs\n"
                "latent verify study --rerun study-again",
    .notes = "Lists files that are changed or missing; exit code 1 when "
             "there are any.  Inputs are\nlooked for at the paths that were "
             "given to `latent run`: relative ones from the folder\nit was "
             "started in.  --rerun keeps its folder, so that what is "
             "different can be looked at.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run};
