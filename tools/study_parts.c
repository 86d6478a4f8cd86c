/*
 * study_parts.c - the forward pass in parts: a run of the corpus's sentences
 * through one model, on disk until the layers are clustered.
 *
 *     base/layer-03/part-2-of-8.npy  float32, words of the part x hidden
 *     tuned/logits-2-of-8.npy        float32, sentences of the part x classes
 *
 *     corpus   |---1---|--2--|---3---|--4--|     whole sentences, about as
 *                                                many tokens in each
 *     a layer  part-1 part-2 part-3 part-4  ->  the rows of words.tsv
 *
 * Which sentences a part has follows from the tokens and the number of parts
 * alone, and no vector depends on the sentences beside its own: the parts of
 * a layer end to end are what one forward pass gives, bit for bit.  A layer's
 * parts are removed when it is done, the logits when the study is.
 */
#include "study_int.h"

#include <dirent.h>
#include <string.h>
#include <unistd.h>

#define LOGITS SIZE_MAX /* in place of a layer */

typedef struct part_range {
    size_t sentence, sentences; /* the first, and how many */
    size_t word, words;
} part_range;

/* First sentence that begins at or behind token total * i / parts. */
static size_t border(const lat_tokens *tokens, size_t i, size_t parts)
{
    uint64_t total = tokens->starts[tokens->sentences];
    uint64_t from = total / parts * i + total % parts * i / parts;
    size_t low = 0, high = tokens->sentences;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (tokens->starts[middle] < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static part_range range_of(const lat_tokens *tokens, size_t part,
                           size_t parts)
{
    part_range r = {.sentence = border(tokens, part - 1, parts)};
    size_t end = part == parts ? tokens->sentences
                               : border(tokens, part, parts);
    r.sentences = end - r.sentence;
    while (r.word < tokens->words &&
           tokens->first[r.word] < tokens->starts[r.sentence])
        r.word++;
    while (r.word + r.words < tokens->words &&
           tokens->first[r.word + r.words] < tokens->starts[end])
        r.words++;
    return r;
}

/* ---- Names -------------------------------------------------------------- */

static const char *read_number(const char *text, size_t *out)
{
    size_t digits = strspn(text, "0123456789");
    uint64_t value = 0;
    if (!lat_integer_read(text, digits, &value) || value == 0 ||
        value > STUDY_MOST_PARTS)
        return NULL;
    *out = (size_t)value;
    return text + digits;
}

const char *study_part_read(const char *name, const char *prefix,
                            size_t *part, size_t *parts)
{
    static const char of[] = "-of-";
    if (strncmp(name, prefix, strlen(prefix)) != 0)
        return NULL;
    const char *rest = read_number(name + strlen(prefix), part);
    if (rest == NULL || strncmp(rest, of, strlen(of)) != 0)
        return NULL;
    rest = read_number(rest + strlen(of), parts);
    return rest != NULL && *part <= *parts ? rest : NULL;
}

static char *part_path(const study *s, int side, size_t layer, size_t part,
                       size_t parts)
{
    const char *name = study_side_names[side];
    return layer == LOGITS
               ? study_path(s, "%s/logits-%zu-of-%zu.npy", name, part, parts)
               : study_path(s, "%s/layer-%02zu/part-%zu-of-%zu.npy", name,
                            layer, part, parts);
}

static bool part_exists(const study *s, int side, size_t layer, size_t part,
                        size_t parts)
{
    char *path = part_path(s, side, layer, part, parts);
    bool there = path != NULL && lat_path_exists(path);
    lat_free(path);
    return there;
}

/* The folder of a layer's parts, or of the logits. */
static char *folder_of(const study *s, int side, size_t layer)
{
    const char *name = study_side_names[side];
    return layer == LOGITS ? study_path(s, "%s", name)
                           : study_path(s, "%s/layer-%02zu", name, layer);
}

/* Calls visit for every part that the folder has, until it says false. */
typedef bool visit_part(void *context, const char *path, size_t part,
                        size_t parts);
static void visit_parts(const study *s, int side, size_t layer,
                        visit_part *visit, void *context)
{
    char *root = folder_of(s, side, layer);
    DIR *folder = root == NULL ? NULL : opendir(root);
    struct dirent *entry = folder == NULL ? NULL : readdir(folder);
    for (bool more = true; entry != NULL && more; entry = readdir(folder)) {
        size_t part = 0, parts = 0;
        const char *rest =
            study_part_read(entry->d_name,
                            layer == LOGITS ? "logits-" : "part-", &part,
                            &parts);
        if (rest == NULL || strcmp(rest, ".npy") != 0)
            continue;
        char *path = lat_path_join(root, entry->d_name);
        more = path != NULL && visit(context, path, part, parts);
        lat_free(path);
    }
    if (folder != NULL)
        (void)closedir(folder);
    lat_free(root);
}

/* ---- Making a part ------------------------------------------------------ */

static bool part_wanted(const study *s, int side, size_t layer)
{
    return !study_layer_done(s, side, layer) &&
           !part_exists(s, side, layer, s->job.part, s->job.parts);
}

/* A study that has its manifest has no use for logits. */
static bool logits_wanted(const study *s)
{
    if (s->job.side != STUDY_TUNED ||
        s->readers[STUDY_TUNED].info->head != LAT_HEAD_SEQUENCE)
        return false;
    char *manifest = study_path(s, "manifest.json");
    bool finished = manifest != NULL && lat_path_exists(manifest);
    lat_free(manifest);
    return !finished && !part_exists(s, s->job.side, LOGITS, s->job.part,
                                     s->job.parts);
}

static lat_status write_part(const study *s, size_t layer, size_t rows,
                             size_t width, const float *values,
                             lat_error *error)
{
    const size_t shape[] = {rows, width};
    char *path = part_path(s, s->job.side, layer, s->job.part, s->job.parts);
    lat_status status =
        path == NULL ? lat_error_memory(error, 64)
                     : lat_npy_write(path, LAT_NPY_F32, 2, shape, values,
                                     error);
    lat_free(path);
    return status;
}

/* vectors[l] (rows x H) for layers from number *next of the study on: those
 * that are missing, as many as may be held at once, *next behind them. */
static lat_status take_group(size_t *next, float **vectors, const study *s,
                             size_t rows, lat_error *error)
{
    size_t bytes = 0, held = 0;
    study_cost cost;
    study_cost_of(&cost, s);
    if (!lat_size_mul(rows,
                      s->readers[s->job.side].info->hidden * sizeof(float),
                      &bytes))
        return lat_error_memory(error, UINT64_MAX);
    for (; *next < s->layer_count; (*next)++) {
        size_t layer = s->layers[*next];
        if (!part_wanted(s, s->job.side, layer))
            continue;
        if (held != 0 && (uint64_t)(held + 1) * bytes >
                             (uint64_t)cost.at_once * cost.vectors)
            break;
        vectors[layer] = lat_alloc(bytes);
        if (vectors[layer] == NULL)
            return lat_error_memory(error, bytes);
        held++;
    }
    return LAT_OK;
}

/* One forward pass for as many layers as may be held. */
static lat_status part_group(study *s, const part_range *r, size_t *next,
                             float **vectors, float *logits,
                             lat_error *error)
{
    int side = s->job.side;
    const lat_model_info *info = s->readers[side].info;
    const lat_tokens *all = &s->tokens[side];
    const lat_tokens tokens = {.sentences = r->sentences,
                               .starts = all->starts + r->sentence,
                               .ids = all->ids, .types = all->types,
                               .words = r->words,
                               .first = all->first + r->word,
                               .end = all->end + r->word};
    size_t from = *next;
    lat_status status = take_group(next, vectors, s, r->words, error);
    if (status == LAT_OK)
        status = study_forward(s, side, &tokens, vectors, logits, error);
    for (size_t i = from; i < *next && status == LAT_OK; i++) {
        size_t layer = s->layers[i];
        if (vectors[layer] == NULL)
            continue;
        status = write_part(s, layer, r->words, info->hidden, vectors[layer],
                            error);
        lat_free(vectors[layer]);
        vectors[layer] = NULL;
    }
    if (status == LAT_OK && logits != NULL)
        status = write_part(s, LOGITS, r->sentences, info->classes, logits,
                            error);
    return status;
}

lat_status study_one_part(study *s, lat_error *error)
{
    int side = s->job.side;
    const lat_model_info *info = s->readers[side].info;
    const part_range r =
        range_of(&s->tokens[side], s->job.part, s->job.parts);
    size_t layers = info->layers + 1, next = 0;
    float *logits = NULL, **vectors = lat_new_array(layers, sizeof *vectors);
    bool more = logits_wanted(s);
    if (more)
        logits = lat_new_array(r.sentences, info->classes * sizeof *logits);
    lat_status status = LAT_OK;
    if (vectors == NULL || (more && logits == NULL))
        status = lat_error_memory(error, r.sentences * sizeof *logits);
    for (size_t i = 0; i < s->layer_count; i++)
        more = more || part_wanted(s, side, s->layers[i]);
    if (!more)
        cli_say(s->call, "%s part %zu of %zu is done",
                study_side_names[side], s->job.part, s->job.parts);
    while (more && status == LAT_OK) {
        status = part_group(s, &r, &next, vectors, logits, error);
        lat_free(logits);
        logits = NULL; /* once is enough */
        more = false;
        for (size_t i = next; i < s->layer_count; i++)
            more = more || part_wanted(s, side, s->layers[i]);
    }
    for (size_t l = 0; vectors != NULL && l < layers; l++)
        lat_free(vectors[l]);
    lat_free(vectors);
    lat_free(logits);
    return status;
}

/* ---- Joining parts ------------------------------------------------------ */

typedef struct complete_set {
    const study *s;
    int side;
    size_t layer, parts; /* parts: 0 when none is complete */
} complete_set;

static bool is_complete(void *context, const char *path, size_t part,
                        size_t parts)
{
    complete_set *set = context;
    (void)path;
    if (part != 1)
        return true;
    for (size_t i = 2; i <= parts; i++)
        if (!part_exists(set->s, set->side, set->layer, i, parts))
            return true;
    set->parts = parts;
    return false;
}

static lat_status read_part(float *out, const char *path, size_t rows,
                            size_t width, lat_error *error)
{
    lat_npy npy = {0};
    lat_status status = lat_npy_open(&npy, path, error);
    if (status != LAT_OK)
        return status;
    if (npy.type == LAT_NPY_F32 && npy.dims == 2 && npy.shape[0] == rows &&
        npy.shape[1] == width) {
        lat_npy_floats(out, &npy);
    } else {
        status = lat_error_set(error, LAT_MALFORMED,
                               "expected a float32 array of %zu x %zu; remove "
                               "the file and make its part again",
                               rows, width);
        lat_error_in_file(error, path);
    }
    lat_npy_close(&npy);
    return status;
}

static lat_status join(float *out, bool *found, const study *s, int side,
                       size_t layer, lat_error *error)
{
    const lat_model_info *info = s->readers[side].info;
    complete_set set = {.s = s, .side = side, .layer = layer};
    lat_status status = LAT_OK;
    visit_parts(s, side, layer, is_complete, &set);
    *found = set.parts != 0;
    for (size_t i = 1; i <= set.parts && status == LAT_OK; i++) {
        const part_range r = range_of(&s->tokens[side], i, set.parts);
        size_t first = layer == LOGITS ? r.sentence : r.word;
        size_t rows = layer == LOGITS ? r.sentences : r.words;
        size_t width = layer == LOGITS ? info->classes : info->hidden;
        char *path = part_path(s, side, layer, i, set.parts);
        status = path == NULL ? lat_error_memory(error, 64)
                              : read_part(out + first * width, path, rows,
                                          width, error);
        lat_free(path);
    }
    return status;
}

lat_status study_parts_vectors(float *out, bool *found, const study *s,
                               int side, size_t layer, lat_error *error)
{
    return join(out, found, s, side, layer, error);
}

lat_status study_parts_logits(float *out, bool *found, const study *s,
                              lat_error *error)
{
    return join(out, found, s, STUDY_TUNED, LOGITS, error);
}

/* ---- Removing them ------------------------------------------------------ */

static bool remove_part(void *context, const char *path, size_t part,
                        size_t parts)
{
    (void)context;
    (void)part;
    (void)parts;
    (void)unlink(path); /* one that stays costs room alone */
    return true;
}

void study_parts_drop(const study *s, int side, size_t layer)
{
    visit_parts(s, side, layer, remove_part, NULL);
}

void study_parts_drop_all(const study *s)
{
    for (int side = 0; side < STUDY_SIDES; side++) {
        for (size_t i = 0; i < s->layer_count; i++)
            study_parts_drop(s, side, s->layers[i]);
        study_parts_drop(s, side, LOGITS);
    }
}
