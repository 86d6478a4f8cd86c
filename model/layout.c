/*
 * layout.c - which tensor of a file plays which part.
 *
 *     [module.]bert.encoder.layer.3.attention.self.query.weight
 *     \_______/\____/\_____________________________________/\_____/
 *      outside  own         the architecture's name         .weight,
 *      \_prefix_/           (architecture.c)                .bias
 *
 * The prefix is what stands before embeddings.word_embeddings.weight, which
 * every encoder of the family has; heads lie outside the encoder's own part
 * of it.  Old files call a LayerNorm's weight and bias gamma and beta.
 *
 * All findings are gathered first, so that one message names every tensor
 * that is missing, of another shape, or that the encoder ought to use and
 * does not know.  Tensors outside the encoder that no part needs (other
 * heads, an unused pooler) are harmless: they are only listed.
 */
#include "encoder_int.h"

#include <string.h>

#define WORD "embeddings.word_embeddings.weight"

/* Names in a message; the rest is counted. */
#define NAMED 6

typedef struct findings {
    lat_buffer text;
    size_t count;
} findings;

typedef struct finder {
    const lat_weights *weights;
    const lat_config *config;
    lat_layout *layout;
    lat_arena *arena;
    const char *inside;  /* prefix of the encoder's tensors */
    const char *outside; /* prefix of heads */
    bool *used;          /* one for each tensor */
    findings missing, misshaped, unexpected;
    bool no_memory;
} finder;

static void note(findings *list, const char *text)
{
    list->count++;
    if (list->count <= NAMED)
        lat_buffer_format(&list->text, "%s%s",
                          list->count > 1 ? ", " : "", text);
}

static const char *shape_text(char *out, size_t size, size_t dims,
                              const uint64_t *shape)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < dims && used + 24 < size; i++) {
        int wrote = snprintf(out + used, size - used, "%s%llu",
                             i > 0 ? "x" : "",
                             (unsigned long long)shape[i]);
        used += wrote > 0 ? (size_t)wrote : 0;
    }
    return out;
}

/* ---- Asking for a tensor ------------------------------------------------ */

static const lat_tensor *look_up(finder *f, const char *prefix,
                                 const char *name, const char *suffix)
{
    char *full = lat_format("%s%s%s", prefix, name, suffix);
    if (full == NULL) {
        f->no_memory = true;
        return NULL;
    }
    const lat_tensor *tensor = lat_weights_find(f->weights, full);
    lat_free(full);
    return tensor;
}

/* Takes a tensor for a part if its shape is rows x columns (columns 0: a
 * vector of `rows`); notes it otherwise. */
static const lat_tensor *take(finder *f, const lat_tensor *tensor,
                              uint64_t rows, uint64_t columns)
{
    f->used[tensor - f->weights->tensors] = true;
    uint64_t want[2] = {rows, columns};
    size_t dims = columns > 0 ? 2 : 1;
    bool fits = tensor->dims == dims && tensor->shape[0] == rows &&
                (dims == 1 || tensor->shape[1] == columns);
    if (fits)
        return tensor;
    char has[200], expected[80];
    char *text = lat_format(
        "%s is %s, expected %s", tensor->name,
        shape_text(has, sizeof has, tensor->dims, tensor->shape),
        shape_text(expected, sizeof expected, dims, want));
    if (text == NULL)
        f->no_memory = true;
    else
        note(&f->misshaped, text);
    lat_free(text);
    return NULL;
}

static const lat_tensor *want(finder *f, const char *prefix,
                              const char *name, const char *suffix,
                              const char *old_suffix, const uint64_t size[2])
{
    const lat_tensor *tensor = look_up(f, prefix, name, suffix);
    if (tensor == NULL && old_suffix != NULL)
        tensor = look_up(f, prefix, name, old_suffix);
    if (tensor != NULL)
        return take(f, tensor, size[0], size[1]);
    char *text = lat_format("%s%s%s", prefix, name, suffix);
    if (text == NULL)
        f->no_memory = true;
    else
        note(&f->missing, text);
    lat_free(text);
    return NULL;
}

static lat_pair want_linear(finder *f, const char *prefix, const char *name,
                            uint64_t n, uint64_t k)
{
    return (lat_pair){
        .weight = want(f, prefix, name, ".weight", NULL,
                       (uint64_t[]){n, k}),
        .bias = want(f, prefix, name, ".bias", NULL, (uint64_t[]){n, 0})};
}

static lat_pair want_norm(finder *f, const char *prefix, const char *name,
                          uint64_t n)
{
    const uint64_t size[2] = {n, 0};
    return (lat_pair){
        .weight = want(f, prefix, name, ".weight", ".gamma", size),
        .bias = want(f, prefix, name, ".bias", ".beta", size)};
}

/* ---- Prefix ------------------------------------------------------------- */

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), tail = strlen(end);
    return size >= tail && strcmp(text + size - tail, end) == 0;
}

/* The one tensor that ends in WORD and begins at a dot. */
static lat_status find_prefix(finder *f, lat_error *error)
{
    const char *found = NULL;
    for (size_t i = 0; i < f->weights->count; i++) {
        const char *name = f->weights->tensors[i].name;
        if (!ends_with(name, WORD))
            continue;
        size_t size = strlen(name) - strlen(WORD);
        if (size > 0 && name[size - 1] != '.')
            continue;
        if (found != NULL)
            return lat_error_set(error, LAT_UNSUPPORTED,
                                 "two encoders in one file: \"%s\" and "
                                 "\"%s\"", found, name);
        found = name;
    }
    if (found == NULL)
        return lat_error_set(error, LAT_NOT_FOUND,
                             "no tensor \"%s%s\" (nor with another prefix)",
                             f->config->architecture->prefix, WORD);
    size_t size = strlen(found) - strlen(WORD);
    char *inside = lat_arena_copy(f->arena, found, size);
    char *outside = lat_arena_copy(f->arena, found, size);
    if (inside == NULL || outside == NULL)
        return lat_error_memory(error, size);
    const char *own = f->config->architecture->prefix;
    size_t cut = ends_with(inside, own) ? size - strlen(own) : 0;
    outside[cut] = '\0';
    f->inside = inside;
    f->outside = outside;
    return LAT_OK;
}

/* ---- Encoder ------------------------------------------------------------ */

/* "encoder.layer.#." with numbers put in for each '#', after the prefix. */
static char *layer_folder(const finder *f, size_t number)
{
    size_t inner = f->config->inner;
    size_t numbers[2] = {number / inner, number % inner}, used = 0;
    lat_buffer name = {0};
    lat_buffer_text(&name, f->inside);
    for (const char *c = f->config->architecture->layer.folder; *c; c++) {
        if (*c == '#')
            lat_buffer_format(&name, "%zu", numbers[used++ % 2]);
        else
            lat_buffer_char(&name, *c);
    }
    if (lat_buffer_status(&name, NULL) != LAT_OK)
        lat_buffer_free(&name);
    return name.data;
}

static void want_layer(finder *f, size_t number)
{
    const lat_config *c = f->config;
    const lat_layer_names *names = &c->architecture->layer;
    char *folder = layer_folder(f, number);
    if (folder == NULL) {
        f->no_memory = true;
        return;
    }
    size_t h = c->hidden;
    lat_layout_layer *layer = &f->layout->layers[number];
    layer->query = want_linear(f, folder, names->query, h, h);
    layer->key = want_linear(f, folder, names->key, h, h);
    layer->value = want_linear(f, folder, names->value, h, h);
    layer->output = want_linear(f, folder, names->output, h, h);
    layer->attention_norm = want_norm(f, folder, names->attention_norm, h);
    layer->up = want_linear(f, folder, names->up, c->feed_forward, h);
    layer->down = want_linear(f, folder, names->down, h, c->feed_forward);
    layer->output_norm = want_norm(f, folder, names->output_norm, h);
    lat_free(folder);
}

static void want_embeddings(finder *f)
{
    const lat_config *c = f->config;
    const lat_architecture *a = c->architecture;
    lat_layout *layout = f->layout;
    uint64_t e = c->embedding;
    uint64_t positions = c->positions - f->weights->positions_dropped;
    layout->word = want(f, f->inside, "embeddings.word_embeddings",
                        ".weight", NULL, (uint64_t[]){c->vocabulary, e});
    layout->position = want(f, f->inside, "embeddings.position_embeddings",
                            ".weight", NULL, (uint64_t[]){positions, e});
    if (c->types > 0)
        layout->type = want(f, f->inside, "embeddings.token_type_embeddings",
                            ".weight", NULL, (uint64_t[]){c->types, e});
    layout->embedding_norm = want_norm(f, f->inside, "embeddings.LayerNorm",
                                       e);
    if (a->project != NULL && (a->always_projects || e != c->hidden))
        layout->project = want_linear(f, f->inside, a->project, c->hidden,
                                      e);
    if (a->relative != NULL)
        layout->relative = want(f, f->inside, a->relative, ".weight", NULL,
                                (uint64_t[]){c->buckets, c->heads});
}

/* ---- Heads -------------------------------------------------------------- */

/* Without `architectures` the tensors have to tell. */
static lat_head guess_head(finder *f)
{
    const lat_architecture *a = f->config->architecture;
    if (look_up(f, f->outside, a->lm.dense, ".weight") != NULL)
        return LAT_HEAD_MASKED_LM;
    if (a->pooler) {
        if (look_up(f, f->outside, a->out, ".weight") == NULL)
            return LAT_HEAD_NONE;
        return look_up(f, f->inside, a->dense, ".weight") != NULL
                   ? LAT_HEAD_SEQUENCE : LAT_HEAD_TOKEN;
    }
    if (look_up(f, f->outside, a->dense, ".weight") != NULL)
        return LAT_HEAD_SEQUENCE;
    return look_up(f, f->outside, "classifier", ".weight") != NULL
               ? LAT_HEAD_TOKEN : LAT_HEAD_NONE;
}

static void want_lm(finder *f)
{
    const lat_config *c = f->config;
    const lat_lm_names *names = &c->architecture->lm;
    lat_layout *layout = f->layout;
    const uint64_t bias_size[2] = {c->vocabulary, 0};
    layout->dense = want_linear(f, f->outside, names->dense, c->embedding,
                                c->hidden);
    layout->norm = want_norm(f, f->outside, names->norm, c->embedding);
    /* A file that leaves the decoder out ties it to the word embeddings. */
    layout->out.weight = layout->word;
    if (look_up(f, f->outside, names->decoder, ".weight") != NULL)
        layout->out.weight =
            want(f, f->outside, names->decoder, ".weight", NULL,
                 (uint64_t[]){c->vocabulary, c->embedding});
    size_t which = 0;
    if (names->bias[1] != NULL &&
        look_up(f, f->outside, names->bias[0], "") == NULL)
        which = 1;
    layout->out.bias = want(f, f->outside, names->bias[which], "", NULL,
                            bias_size);
    layout->classes = c->vocabulary;
}

static void want_head(finder *f)
{
    const lat_config *c = f->config;
    const lat_architecture *a = c->architecture;
    lat_layout *layout = f->layout;
    layout->classes = 0;
    if (layout->head == LAT_HEAD_SEQUENCE) {
        layout->dense = want_linear(f, a->pooler ? f->inside : f->outside,
                                    a->dense, c->hidden, c->hidden);
        layout->out = want_linear(f, f->outside, a->out, c->classes,
                                  c->hidden);
        layout->classes = c->classes;
    } else if (layout->head == LAT_HEAD_TOKEN) {
        layout->out = want_linear(f, f->outside, "classifier", c->classes,
                                  c->hidden);
        layout->classes = c->classes;
    } else if (layout->head == LAT_HEAD_MASKED_LM) {
        want_lm(f);
    }
}

static lat_status choose_head(finder *f, bool ignore_head, lat_error *error)
{
    const lat_config *c = f->config;
    lat_layout *layout = f->layout;
    layout->head = LAT_HEAD_NONE;
    if (ignore_head)
        return LAT_OK;
    if (!c->head_known)
        return lat_error_in_file(
            (lat_error_set(error, LAT_UNSUPPORTED, "the head of %s is not "
                           "supported (sequence and token classification "
                           "and masked LM are)", c->head_class), error),
            f->weights->config_path);
    layout->head = c->says_head ? c->head : guess_head(f);
    if (layout->head != LAT_HEAD_SEQUENCE)
        return LAT_OK;
    /* Softmax over one score, or over independent ones, would be a lie. */
    bool regression = c->problem != NULL
                          ? strcmp(c->problem, "regression") == 0
                          : c->classes == 1;
    bool many = c->problem != NULL &&
                strcmp(c->problem, "multi_label_classification") == 0;
    if (!regression && !many)
        return LAT_OK;
    lat_error_set(error, LAT_UNSUPPORTED, "a sequence head for %s is not "
                  "supported, only for one class out of several",
                  many ? "multi_label_classification" : "regression");
    return lat_error_in_file(error, f->weights->config_path);
}

/* ---- What is left ------------------------------------------------------- */

/* Buffers and leftovers that say nothing about the arithmetic. */
static bool is_harmless(const char *name)
{
    return ends_with(name, "position_ids") ||
           ends_with(name, "token_type_ids") ||
           ends_with(name, "num_batches_tracked");
}

/* Inside the encoder an unknown tensor means other arithmetic (one more
 * layer, an adapter); elsewhere it belongs to a head that is not asked for.
 * With an empty prefix the encoder is embeddings and layers. */
static bool is_of_encoder(const finder *f, const char *name)
{
    size_t size = strlen(f->inside);
    if (strncmp(name, f->inside, size) != 0)
        return false;
    const char *rest = name + size;
    return strncmp(rest, "embeddings", strlen("embeddings")) == 0 ||
           strncmp(rest, "encoder.", strlen("encoder.")) == 0 ||
           strncmp(rest, "transformer.", strlen("transformer.")) == 0;
}

static lat_status list_unused(finder *f, lat_error *error)
{
    lat_layout *layout = f->layout;
    size_t count = f->weights->count;
    layout->unused = lat_arena_array(f->arena, count,
                                     sizeof *layout->unused);
    if (layout->unused == NULL)
        return lat_error_memory(error, count * sizeof *layout->unused);
    for (size_t i = 0; i < count; i++) {
        const char *name = f->weights->tensors[i].name;
        if (f->used[i])
            continue;
        if (!is_harmless(name) && is_of_encoder(f, name))
            note(&f->unexpected, name);
        layout->unused[layout->unused_count++] = name;
    }
    return LAT_OK;
}

static void add_list(lat_buffer *text, const char *title,
                     const findings *list)
{
    if (list->count == 0)
        return;
    lat_buffer_format(text, "%s%s: %s", text->size > 0 ? "; " : "", title,
                      list->text.data != NULL ? list->text.data : "");
    if (list->count > NAMED)
        lat_buffer_format(text, " and %zu more", list->count - NAMED);
}

static lat_status report(finder *f, lat_error *error)
{
    if (f->no_memory || f->missing.text.failed || f->misshaped.text.failed ||
        f->unexpected.text.failed)
        return lat_error_memory(error, 0);
    lat_status status = LAT_OK;
    if (f->misshaped.count > 0)
        status = LAT_MALFORMED;
    else if (f->missing.count > 0)
        status = LAT_NOT_FOUND;
    else if (f->unexpected.count > 0)
        status = LAT_UNSUPPORTED;
    if (status == LAT_OK)
        return LAT_OK;
    lat_buffer text = {0};
    add_list(&text, "tensors of another shape", &f->misshaped);
    add_list(&text, "tensors missing", &f->missing);
    add_list(&text, "tensors unexpected", &f->unexpected);
    if (lat_buffer_status(&text, error) == LAT_OK)
        lat_error_set(error, status, "%s", text.data);
    else
        status = LAT_NO_MEMORY;
    lat_buffer_free(&text);
    return status;
}

lat_status lat_layout_find(lat_layout *layout, lat_arena *arena,
                           const lat_weights *weights,
                           const lat_config *config, bool ignore_head,
                           lat_error *error)
{
    *layout = (lat_layout){.layer_count = config->layers};
    if (config->architecture->has_groups)
        layout->layer_count = config->groups * config->inner;
    finder f = {.weights = weights, .config = config, .layout = layout,
                .arena = arena};
    lat_status status = LAT_OK;
    if (weights->positions_dropped >= config->positions)
        return lat_error_set(error, LAT_MALFORMED,
                             "no positions are left after padding");
    f.used = lat_arena_array(arena, weights->count, sizeof *f.used);
    layout->layers = lat_arena_array(arena, layout->layer_count,
                                     sizeof *layout->layers);
    if (f.used == NULL || layout->layers == NULL)
        return lat_error_memory(error, layout->layer_count *
                                           sizeof *layout->layers);
    status = find_prefix(&f, error);
    if (status == LAT_OK)
        status = choose_head(&f, ignore_head, error);
    if (status != LAT_OK)
        goto done;
    want_embeddings(&f);
    for (size_t i = 0; i < layout->layer_count; i++)
        want_layer(&f, i);
    want_head(&f);
    status = list_unused(&f, error);
    if (status == LAT_OK)
        status = report(&f, error);
done:
    lat_buffer_free(&f.missing.text);
    lat_buffer_free(&f.misshaped.text);
    lat_buffer_free(&f.unexpected.text);
    return status;
}
