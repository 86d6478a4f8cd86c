/*
 * verb_inspect.c - what a file or folder holds, and whether we can use it.
 *
 * The kind is found by looking: a study has plan.json, a model has
 * config.json or is GGUF, an npy file starts with its magic, a cluster file
 * has lines with four "|||"; what is left may be a tokenizer.
 */
#include "../align/align.h"
#include "../triggers/triggers.h"
#include "verbs_int.h"

#include <string.h>

static const cli_option options[] = {
    {"json", 0, CLI_FLAG, NULL, "one JSON object", NULL},
    {"out", 'o', CLI_TEXT, "FILE", "where the text goes", "-"},
    {0}};

/* The same facts go to text ("key: value") or JSON (sorted by the order in
 * which they are put). */
typedef struct facts {
    lat_buffer *out;
    lat_json_writer json;
    bool as_json;
} facts;

static void put_text(facts *f, const char *key, const char *value)
{
    if (f->as_json) {
        lat_json_key(&f->json, key);
        lat_json_put_text(&f->json, value);
    } else {
        lat_buffer_format(f->out, "%s: %s\n", key, value);
    }
}

static void put_count(facts *f, const char *key, uint64_t value)
{
    if (f->as_json) {
        lat_json_key(&f->json, key);
        lat_json_put_count(&f->json, value);
    } else {
        lat_buffer_format(f->out, "%s: %llu\n", key,
                          (unsigned long long)value);
    }
}

/* The line that says whether we can use it. */
static void put_verdict(facts *f, lat_status status, lat_error *why)
{
    if (f->as_json) {
        lat_json_key(&f->json, "usable");
        lat_json_put_bool(&f->json, status == LAT_OK);
        if (status != LAT_OK)
            put_text(f, "why_not", lat_error_message(why));
    } else if (status == LAT_OK) {
        lat_buffer_text(f->out, "latent can use it\n");
    } else {
        lat_buffer_format(f->out, "latent cannot use it: %s\n",
                          lat_error_message(why));
    }
}

/* What cannot be used is bad input, also for the exit code. */
static lat_status refuse(const lat_error *why, lat_error *error)
{
    if (why->code != LAT_OK && error != NULL)
        *error = *why;
    return why->code;
}

/* ---- Models ------------------------------------------------------------- */

static void put_labels(facts *f, const lat_model_info *info)
{
    if (info->labels == NULL)
        return;
    if (f->as_json) {
        lat_json_key(&f->json, "labels");
        lat_json_open(&f->json, '[');
        for (size_t c = 0; c < info->classes; c++)
            lat_json_put_text(&f->json, info->labels[c]);
        lat_json_close(&f->json, ']');
        return;
    }
    lat_buffer_text(f->out, "labels:");
    for (size_t c = 0; c < info->classes; c++)
        lat_buffer_format(f->out, "%s %s", c == 0 ? "" : ",",
                          info->labels[c]);
    lat_buffer_char(f->out, '\n');
}

static lat_status put_files(facts *f, const lat_model *model,
                            lat_error *error)
{
    if (f->as_json) {
        lat_json_key(&f->json, "files");
        lat_json_open(&f->json, '[');
    }
    for (size_t i = 0; i < lat_model_file_count(model); i++) {
        unsigned char digest[32];
        char hex[65];
        const char *path = lat_model_file(model, i);
        lat_status status = lat_sha256_file(digest, path, error);
        if (status != LAT_OK)
            return status;
        lat_sha256_hex(digest, hex);
        if (f->as_json) {
            lat_json_open(&f->json, '{');
            put_text(f, "path", path);
            put_text(f, "sha256", hex);
            lat_json_close(&f->json, '}');
        } else {
            lat_buffer_format(f->out, "file: %s  %s\n", hex, path);
        }
    }
    if (f->as_json)
        lat_json_close(&f->json, ']');
    return LAT_OK;
}

static void put_tensor(facts *f, const lat_tensor_info *tensor)
{
    if (f->as_json) {
        lat_json_open(&f->json, '{');
        put_text(f, "name", tensor->name);
        lat_json_key(&f->json, "shape");
        lat_json_open(&f->json, '[');
        for (size_t d = 0; d < tensor->dims; d++)
            lat_json_put_count(&f->json, tensor->shape[d]);
        lat_json_close(&f->json, ']');
        put_text(f, "type", tensor->type);
        lat_json_close(&f->json, '}');
        return;
    }
    lat_buffer_format(f->out, "  %-5s ", tensor->type);
    for (size_t d = 0; d < tensor->dims; d++)
        lat_buffer_format(f->out, "%s%llu", d == 0 ? "" : "x",
                          (unsigned long long)tensor->shape[d]);
    lat_buffer_format(f->out, "  %s\n", tensor->name);
}

static void put_tensors(facts *f, const lat_model *model)
{
    size_t count = lat_model_tensor_count(model);
    if (f->as_json) {
        lat_json_key(&f->json, "tensors");
        lat_json_open(&f->json, '[');
    } else {
        lat_buffer_format(f->out, "tensors: %zu\n", count);
    }
    for (size_t i = 0; i < count; i++) {
        lat_tensor_info tensor = lat_model_tensor(model, i);
        put_tensor(f, &tensor);
    }
    if (f->as_json)
        lat_json_close(&f->json, ']');
}

/* What the encoder and its head have no use for: an unused pooler, the head
 * of another task. */
static void put_unused(facts *f, const lat_model *model)
{
    size_t count = lat_model_unused_count(model);
    if (f->as_json) {
        lat_json_key(&f->json, "unused");
        lat_json_open(&f->json, '[');
    } else if (count != 0) {
        lat_buffer_format(f->out, "unused: %zu\n", count);
    }
    for (size_t i = 0; i < count; i++) {
        if (f->as_json)
            lat_json_put_text(&f->json, lat_model_unused(model, i));
        else
            lat_buffer_format(f->out, "  %s\n", lat_model_unused(model, i));
    }
    if (f->as_json)
        lat_json_close(&f->json, ']');
}

static lat_status put_model(facts *f, const lat_model *model,
                            lat_error *error)
{
    static const char *const heads[] = {"none", "sequence classification",
                                        "token classification",
                                        "masked LM"};
    const lat_model_info *info = lat_model_get_info(model);
    put_text(f, "architecture", info->architecture);
    put_count(f, "attention_heads", info->heads);
    put_count(f, "feed_forward", info->feed_forward);
    lat_status status = put_files(f, model, error);
    put_text(f, "head", heads[info->head]);
    put_count(f, "hidden", info->hidden);
    put_labels(f, info);
    put_count(f, "layers", info->layers);
    put_count(f, "max_tokens", info->max_tokens);
    put_count(f, "parameters", info->parameters);
    put_tensors(f, model);
    put_count(f, "type_vocabulary", info->type_vocabulary);
    put_unused(f, model);
    put_count(f, "vocabulary", info->vocabulary);
    return status;
}

static lat_status inspect_model(facts *f, const char *path, lat_error *error)
{
    lat_reader reader = {0};
    lat_error why = {0};
    lat_status status = LAT_OK;
    lat_status usable = lat_reader_open(&reader, path, &why);
    put_text(f, "kind", "model");
    lat_model *alone = NULL; /* the model, where only the tokenizer fails */
    lat_error ignored = {0};
    const lat_model *model = reader.model;
    if (usable != LAT_OK &&
        lat_model_open(&alone, path, NULL, &ignored) == LAT_OK)
        model = alone;
    if (model != NULL)
        status = put_model(f, model, error);
    if (reader.tokenizer != NULL)
        put_text(f, "tokenizer", lat_tokenizer_describe(reader.tokenizer));
    put_verdict(f, usable, &why);
    lat_model_close(alone);
    lat_reader_close(&reader);
    return status == LAT_OK ? refuse(&why, error) : status;
}

/* ---- The rest ----------------------------------------------------------- */

static lat_status inspect_npy(facts *f, const char *path, lat_error *error)
{
    lat_npy npy = {0};
    lat_error why = {0};
    lat_status status = lat_npy_open(&npy, path, &why);
    put_text(f, "kind", "npy array");
    if (status == LAT_OK) {
        lat_buffer shape = {0};
        for (size_t d = 0; d < npy.dims; d++)
            lat_buffer_format(&shape, "%s%zu", d == 0 ? "" : " x ",
                              npy.shape[d]);
        put_text(f, "shape", shape.data == NULL ? "" : shape.data);
        f->out->failed = f->out->failed || shape.failed;
        put_text(f, "type",
                 npy.type == LAT_NPY_F32 ? "float32" : "float64");
        lat_buffer_free(&shape);
        lat_npy_close(&npy);
    }
    put_verdict(f, status, &why);
    return refuse(&why, error);
}

static lat_status inspect_concepts(facts *f, const char *path,
                                   lat_error *error)
{
    lat_concepts concepts = {0};
    lat_error why = {0};
    lat_status status = lat_concepts_read(&concepts, path, &why);
    put_text(f, "kind", "cluster file");
    if (status == LAT_OK) {
        put_count(f, "concepts", concepts.count);
        put_count(f, "occurrences", concepts.size);
        put_count(f, "types", lat_intern_count(concepts.words));
    }
    put_verdict(f, status, &why);
    lat_concepts_free(&concepts);
    return refuse(&why, error);
}

static lat_status inspect_tokenizer(facts *f, const char *path,
                                    lat_error *error)
{
    lat_tokenizer *tokenizer = NULL;
    lat_error why = {0};
    lat_status status = lat_tokenizer_open(&tokenizer, path, &why);
    put_text(f, "kind", "tokenizer");
    if (status == LAT_OK) {
        put_count(f, "pieces", lat_tokenizer_vocabulary(tokenizer));
        put_text(f, "pipeline", lat_tokenizer_describe(tokenizer));
    }
    put_verdict(f, status, &why);
    lat_tokenizer_close(tokenizer);
    return refuse(&why, error);
}

/* A finished study is described by its plan, which is JSON already. */
static lat_status inspect_study(facts *f, const char *path, lat_error *error)
{
    lat_map map = {0};
    char *plan = lat_path_join(path, "plan.json");
    char *manifest = lat_path_join(path, "manifest.json");
    lat_status status = LAT_OK;
    put_text(f, "kind", "study");
    if (plan == NULL || manifest == NULL)
        status = lat_error_memory(error, 64);
    if (status == LAT_OK)
        status = lat_map_open(&map, plan, error);
    if (status == LAT_OK) {
        put_text(f, "finished", lat_path_exists(manifest) ? "yes" : "no");
        if (!f->as_json)
            lat_buffer_add(f->out, map.data, map.size);
        lat_map_close(&map);
    }
    lat_free(plan);
    lat_free(manifest);
    return status;
}

static bool starts_with(const lat_map *map, const char *magic, size_t size)
{
    return map->size >= size && memcmp(map->data, magic, size) == 0;
}

/* First line has at least four "|||". */
static bool looks_like_concepts(const lat_map *map)
{
    size_t bars = 0;
    for (size_t i = 0; i + 2 < map->size && map->data[i] != '\n'; i++)
        if (memcmp(map->data + i, "|||", 3) == 0) {
            bars++;
            i += 2;
        }
    return bars >= 4;
}

/* Weights say nothing of heads and layers: those stand in config.json. */
static lat_status inspect_weights(facts *f, const char *path,
                                  lat_error *error)
{
    lat_error why = {0};
    put_text(f, "kind", "weights");
    lat_error_set(&why, LAT_UNSUPPORTED,
                  "weights alone; name the folder that holds them and "
                  "config.json");
    put_verdict(f, lat_error_in_file(&why, path), &why);
    return refuse(&why, error);
}

static bool ends_with(const char *text, const char *end)
{
    size_t a = strlen(text), b = strlen(end);
    return a >= b && strcmp(text + a - b, end) == 0;
}

static lat_status inspect_file(facts *f, const char *path, lat_error *error)
{
    lat_map map = {0};
    lat_status status = lat_map_open(&map, path, error);
    if (status != LAT_OK)
        return status;
    bool gguf = starts_with(&map, "GGUF", 4);
    bool npy = starts_with(&map, "\x93NUMPY", 6);
    bool concepts = looks_like_concepts(&map);
    bool weights = ends_with(path, ".safetensors") ||
                   starts_with(&map, "PK\3\4", 4);
    lat_map_close(&map);
    if (gguf)
        return inspect_model(f, path, error);
    if (weights)
        return inspect_weights(f, path, error);
    if (npy)
        return inspect_npy(f, path, error);
    if (concepts)
        return inspect_concepts(f, path, error);
    return inspect_tokenizer(f, path, error);
}

static lat_status look_for(bool *found, const char *folder, const char *name,
                           lat_error *error)
{
    char *path = lat_path_join(folder, name);
    if (path == NULL)
        return lat_error_memory(error, strlen(folder) + strlen(name));
    *found = *found || lat_path_exists(path);
    lat_free(path);
    return LAT_OK;
}

/* A folder with weights is meant as a model, whatever it lacks. */
static lat_status inspect_folder(facts *f, const char *path,
                                 lat_error *error)
{
    static const char *const names[] = {
        "config.json", "model.safetensors", "model.safetensors.index.json",
        "pytorch_model.bin", "pytorch_model.bin.index.json"};
    bool study = false, model = false;
    lat_status status = look_for(&study, path, "plan.json", error);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (status == LAT_OK)
            status = look_for(&model, path, names[i], error);
    if (status != LAT_OK)
        return status;
    return study   ? inspect_study(f, path, error)
           : model ? inspect_model(f, path, error)
                   : inspect_tokenizer(f, path, error);
}

static lat_status run(cli_call *call, lat_error *error)
{
    const char *path = cli_argument(call, 0);
    lat_buffer text = {0};
    facts f = {.out = &text, .as_json = cli_given(call, "json")};
    lat_status status = LAT_OK;
    if (f.as_json) {
        lat_json_begin(&f.json, &text, true);
        lat_json_open(&f.json, '{');
    }
    if (lat_path_is_folder(path))
        status = inspect_folder(&f, path, error);
    else
        status = inspect_file(&f, path, error);
    if (f.as_json) {
        lat_json_close(&f.json, '}');
        lat_buffer_char(&text, '\n');
    }
    /* What was found is told, whether or not it can be used. */
    lat_error failed = {0};
    lat_status told = cli_deliver(call, &text, &failed);
    if (told != LAT_OK) {
        *error = failed;
        status = told;
    }
    lat_buffer_free(&text);
    return status;
}

const cli_verb verb_inspect = {
    .name = "inspect",
    .summary = "what a model, tokenizer, npy or cluster file, or study holds",
    .forms = "latent inspect PATH [--json]",
    .examples = "latent inspect models/tuned\nlatent inspect linkage.npy",
    .notes = "Ends with one line that says whether latent can use it and, if "
             "not, why; exit code 1\nthen.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run};
