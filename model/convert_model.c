/*
 * convert_model.c - a hub folder into one GGUF file.
 *
 *     type    2-d matrices                        everything else
 *     f32     F32                                 F32
 *     f16     F16                                 F32
 *     bf16    BF16                                F32
 *     q8_0    Q8_0 when a row is a multiple       F32
 *             of 32 long, else F32
 *
 * "Everything else" are norms, biases and other vectors, and the position
 * and token type embeddings, which llama.cpp keeps in F32 as well: they are
 * small, and every state goes through them.  Buffers of whole numbers
 * (position_ids) are left out: they are not weights.
 *
 * Two passes over the list of tensors: the first settles types, names and
 * offsets, the second streams the values, 16,384 at a time.
 */
#include "convert_int.h"

#include <string.h>

/* A multiple of 32, so that Q8_0 blocks are never cut. */
#define CHUNK 16384u

typedef struct plan {
    const lat_tensor *from;
    lat_tensor to;     /* type, shape, bytes as they will be written */
    uint64_t first;    /* first value taken (rows of positions dropped) */
    const char *file;  /* where the values come from, for messages */
} plan;

static const struct {
    const char *name;
    lat_tensor_type type;
    uint32_t file_type; /* llama.cpp's numbering */
} targets[] = {
    {"f32", LAT_TENSOR_F32, 0},
    {"f16", LAT_TENSOR_F16, 1},
    {"bf16", LAT_TENSOR_BF16, 32},
    {"q8_0", LAT_TENSOR_Q8_0, 7},
};

/* What general.architecture says; the first four are llama.cpp's "bert". */
static const struct {
    const char *model_type;
    bool llama, roberta;
} kinds[] = {
    {"bert", true, false},        {"roberta", true, true},
    {"camembert", true, true},    {"xlm-roberta", true, true},
    {"distilbert", false, false}, {"albert", false, false},
    {"electra", false, false},    {"mpnet", false, false},
};

static bool ends_with(const char *text, const char *ending)
{
    size_t size = strlen(text), length = strlen(ending);

    return size >= length && strcmp(text + size - length, ending) == 0;
}

static bool is_positions(const char *name)
{
    return ends_with(name, "position_embeddings.weight");
}

/* Only what the encoder can run is converted: a file that nobody can read
 * back helps no one. */
static lat_status find_kind(lat_convert_source *source, lat_error *error)
{
    bool bad = false;
    const char *type = lat_json_text(source->config, "model_type", NULL,
                                     &bad);

    if (bad || type == NULL)
        return lat_error_set(error, LAT_MALFORMED,
                             "model_type must be there and be a text");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(type, kinds[i].model_type) == 0) {
            source->model_type = kinds[i].model_type;
            source->llama = kinds[i].llama;
            source->roberta = kinds[i].roberta;
            source->architecture = kinds[i].llama ? "bert"
                                                  : kinds[i].model_type;
            return LAT_OK;
        }
    }
    return lat_error_set(error, LAT_UNSUPPORTED,
                         "model_type \"%.*s\" is not one that can be "
                         "converted", LAT_QUOTE, type);
}

/* RoBERTa's first pad_token_id + 1 positions are never used, and llama.cpp
 * counts from 0. */
static lat_status find_dropped(lat_convert_source *source, lat_error *error)
{
    bool bad = false;
    uint64_t pad = lat_json_count(source->config, "pad_token_id", 1, &bad);

    if (bad || pad >= 65535)
        return lat_error_set(error, LAT_MALFORMED,
                             "pad_token_id must be a whole number below "
                             "65535");
    source->positions_dropped =
        source->llama && source->roberta ? (size_t)pad + 1 : 0;
    return LAT_OK;
}

/* Vectors are a thousandth of a model and go into every value of a row;
 * halving them saves nothing and costs accuracy. */
static lat_tensor_type choose_type(const lat_tensor *tensor,
                                   lat_tensor_type wanted)
{
    if (tensor->dims != 2 || is_positions(tensor->name) ||
        ends_with(tensor->name, "token_type_embeddings.weight") ||
        (wanted == LAT_TENSOR_Q8_0 && tensor->shape[1] % 32 != 0))
        return LAT_TENSOR_F32;
    return wanted;
}

/* Settles one tensor; *skip when it is no weight. */
static lat_status plan_tensor(plan *out, bool *skip,
                              const lat_tensor *tensor,
                              lat_convert_source *source,
                              lat_tensor_type wanted, lat_error *error)
{
    size_t dropped = is_positions(tensor->name) ? source->positions_dropped
                                                : 0;

    if (dropped != 0)
        source->positions = tensor;
    *skip = ends_with(tensor->name, "position_ids") ||
            ends_with(tensor->name, "token_type_ids");
    if (*skip)
        return LAT_OK;
    if (tensor->type > LAT_TENSOR_Q8_0 || tensor->count == 0 ||
        tensor->dims > LAT_GGUF_DIMS)
        return lat_error_set(error, LAT_UNSUPPORTED,
                             "tensor \"%.*s\" (%s, %zu dimensions, %llu "
                             "values) cannot be written to GGUF", LAT_QUOTE,
                             tensor->name,
                             lat_tensor_type_name(tensor->type),
                             tensor->dims,
                             (unsigned long long)tensor->count);
    out->from = tensor;
    out->to = *tensor;
    out->to.type = choose_type(tensor, wanted);
    out->first = 0;
    if (dropped != 0) {
        if (tensor->dims != 2 || tensor->shape[0] <= dropped)
            return lat_error_set(error, LAT_MALFORMED,
                                 "tensor \"%.*s\" must have more than %zu "
                                 "rows", LAT_QUOTE, tensor->name, dropped);
        out->to.shape[0] -= dropped;
        out->first = dropped * tensor->shape[1];
    }
    if (!lat_tensor_measure(&out->to))
        return lat_error_set(error, LAT_MALFORMED,
                             "tensor \"%.*s\": its size does not fit",
                             LAT_QUOTE, tensor->name);
    return LAT_OK;
}

/* The name in the file: llama.cpp's where it has one and it is still free,
 * the hub's where it is short enough, else a number. */
static lat_status name_tensor(char out[LAT_GGUF_NAME], lat_intern *used,
                              const plan *item, size_t number,
                              const lat_convert_source *source,
                              lat_error *error)
{
    size_t before = lat_intern_count(used), got;

    out[0] = '\0';
    if (source->llama)
        lat_gguf_file_name(out, item->from->name, source->roberta);
    else if (strlen(item->from->name) < LAT_GGUF_NAME)
        snprintf(out, LAT_GGUF_NAME, "%s", item->from->name);
    for (int attempt = 0; attempt < 3; attempt++) {
        if (out[0] != '\0') {
            got = lat_intern_add(used, out, strlen(out));
            if (got == SIZE_MAX)
                return lat_error_memory(error, LAT_GGUF_NAME);
            if (got == before)
                return LAT_OK;
        }
        if (attempt == 0 && strlen(item->from->name) < LAT_GGUF_NAME)
            snprintf(out, LAT_GGUF_NAME, "%s", item->from->name);
        else
            snprintf(out, LAT_GGUF_NAME, "latent.tensor.%zu", number);
    }
    return lat_error_set(error, LAT_MALFORMED,
                         "tensor \"%.*s\": its name is taken", LAT_QUOTE,
                         item->from->name);
}

/* Names of the file and of the hub side by side, in one order. */
static lat_status put_tensors(lat_gguf_writer *writer, const plan *plans,
                              size_t count, const lat_convert_source *source,
                              lat_error *error)
{
    lat_intern *used = NULL;
    char name[LAT_GGUF_NAME];
    lat_status status = lat_intern_create(&used, error);

    lat_gguf_put_array(writer, "latent.tensor_names", LAT_GGUF_TEXT, count);
    for (size_t i = 0; i < count && status == LAT_OK; i++) {
        const char *hub = plans[i].from->name;

        lat_gguf_put_item_text(writer, hub, strlen(hub));
        status = name_tensor(name, used, &plans[i], i, source, error);
        if (status == LAT_OK)
            lat_gguf_put_tensor(writer, name, &plans[i].to);
    }
    lat_intern_free(used);
    return status;
}

/* F32 as the file wants it, little-endian. */
static void narrow_f32(unsigned char *out, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;

        memcpy(&bits, &x[i], sizeof bits);
        for (size_t b = 0; b < 4; b++)
            out[4 * i + b] = (unsigned char)(bits >> 8 * b);
    }
}

/* n values in the target type; what overflowed on the way is found by
 * widening again. */
static lat_status narrow(unsigned char *out, const float *x, size_t n,
                         const plan *item, uint64_t *bytes, lat_error *error)
{
    lat_tensor piece = {.name = item->from->name, .type = item->to.type,
                        .dims = 1, .shape = {n}, .count = n, .data = out};

    if (item->to.type == LAT_TENSOR_F16)
        lat_narrow_f16(out, x, n);
    else if (item->to.type == LAT_TENSOR_BF16)
        lat_narrow_bf16(out, x, n);
    else if (item->to.type == LAT_TENSOR_Q8_0)
        lat_narrow_q8_0(out, x, n);
    else
        narrow_f32(out, x, n);
    if (!lat_tensor_type_bytes(piece.type, n, bytes))
        return lat_error_set(error, LAT_INTERNAL, "a block was cut");
    if (lat_weights_check(&piece, NULL) != LAT_OK)
        return lat_error_set(error, LAT_OUT_OF_RANGE,
                             "tensor \"%.*s\" has a value too large for %s",
                             LAT_QUOTE, item->from->name,
                             lat_tensor_type_name(item->to.type));
    return LAT_OK;
}

/* Widening checks each value, so a NaN stops here, before the output gets
 * its name. */
static lat_status stream_tensor(lat_output *output, const plan *item,
                                float *values, unsigned char *bytes,
                                lat_error *error)
{
    lat_status status = LAT_OK;

    for (uint64_t at = 0; at < item->to.count && status == LAT_OK;
         at += CHUNK) {
        uint64_t left = item->to.count - at, size = 0;
        size_t n = left < CHUNK ? (size_t)left : CHUNK;

        if (lat_interrupted())
            return lat_error_set(error, LAT_INTERRUPTED, "interrupted");
        status = lat_tensor_values(values, item->from, item->first + at, n,
                                   error);
        if (status != LAT_OK)
            return lat_error_in_file(error, item->file);
        status = narrow(bytes, values, n, item, &size, error);
        if (status == LAT_OK)
            status = lat_output_write(output, bytes, (size_t)size, error);
    }
    if (status == LAT_OK)
        status = lat_gguf_write_padding(output, item->to.bytes, error);
    return status;
}

/* The output appears under its name only after the last byte; any failure
 * takes the temporary file along. */
static lat_status write_file(lat_gguf_writer *writer, const plan *plans,
                             size_t count, const char *path,
                             lat_error *error)
{
    lat_output *output = NULL;
    float *values = lat_new_array(CHUNK, sizeof *values);
    unsigned char *bytes = lat_new_array(CHUNK, 4);
    lat_status status = LAT_OK;

    if (values == NULL || bytes == NULL)
        status = lat_error_memory(error, CHUNK * 8);
    if (status == LAT_OK)
        status = lat_output_open(&output, path, error);
    if (status == LAT_OK)
        status = lat_gguf_write_head(writer, output, error);
    for (size_t i = 0; i < count && status == LAT_OK; i++)
        status = stream_tensor(output, &plans[i], values, bytes, error);
    if (status == LAT_OK)
        status = lat_output_commit(output, NULL, error);
    else
        lat_output_abort(output);
    lat_free(values);
    lat_free(bytes);
    return status;
}

/* Rows of the word embedding, which the vocabulary must not exceed. */
static size_t embedding_rows(const lat_weights *weights)
{
    for (size_t i = 0; i < weights->count; i++) {
        const lat_tensor *tensor = &weights->tensors[i];

        if (tensor->dims == 2 &&
            ends_with(tensor->name, "word_embeddings.weight"))
            return (size_t)tensor->shape[0];
    }
    return 0;
}

/* A GGUF file would open as well; converting one again would lose what its
 * first conversion rounded, so it is refused. */
static lat_status open_source(lat_convert_source *source,
                              lat_weights **weights, lat_arena *arena,
                              const char *folder, lat_error *error)
{
    lat_status status;

    if (!lat_path_is_folder(folder) && lat_path_exists(folder)) {
        lat_error_set(error, LAT_USAGE,
                      "not a folder; convert takes a hub folder");
        return lat_error_in_file(error, folder);
    }
    status = lat_weights_open(weights, folder, error);
    if (status != LAT_OK)
        return status;
    source->weights = *weights;
    status = lat_json_parse(&source->config, arena, (*weights)->config,
                            (*weights)->config_size, error);
    if (status == LAT_OK && source->config->type != LAT_JSON_OBJECT)
        status = lat_error_set(error, LAT_MALFORMED,
                               "must be a JSON object");
    if (status == LAT_OK)
        status = find_kind(source, error);
    if (status == LAT_OK)
        status = find_dropped(source, error);
    if (status != LAT_OK)
        lat_error_in_file(error, (*weights)->config_path);
    return status;
}

/* All types and sizes are settled before the output is opened: a model that
 * cannot be converted leaves no trace. */
static lat_status plan_all(plan **out, size_t *count,
                           lat_convert_source *source,
                           lat_tensor_type wanted, lat_arena *arena,
                           lat_error *error)
{
    const lat_weights *weights = source->weights;
    lat_status status = LAT_OK;

    *out = lat_arena_array(arena, weights->count + 1, sizeof **out);
    if (*out == NULL)
        return lat_error_memory(error, weights->count * sizeof **out);
    for (size_t i = 0; i < weights->count && status == LAT_OK; i++) {
        const lat_tensor *tensor = &weights->tensors[i];
        plan *item = &(*out)[*count];
        bool skip = false;

        item->file = weights->files[tensor->file];
        status = plan_tensor(item, &skip, tensor, source, wanted, error);
        if (status != LAT_OK)
            lat_error_in_file(error, item->file);
        *count += !skip;
    }
    return status;
}

lat_status lat_model_convert(lat_convert_report *report, const char *folder,
                             const char *out_path, const char *type,
                             lat_error *error)
{
    lat_arena arena = {0};
    lat_weights *weights = NULL;
    lat_convert_source source = {0};
    lat_gguf_writer writer = {0};
    lat_pieces pieces = {0};
    plan *plans = NULL;
    size_t count = 0, target = 0;
    lat_status status;

    while (target < 4 && strcmp(type, targets[target].name) != 0)
        target++;
    if (target == 4)
        return lat_error_set(error, LAT_USAGE,
                             "type \"%.*s\"; expected f32, f16, bf16 or "
                             "q8_0", LAT_QUOTE, type);
    source.file_type = targets[target].file_type;
    status = open_source(&source, &weights, &arena, folder, error);
    if (status == LAT_OK)
        status = plan_all(&plans, &count, &source, targets[target].type,
                          &arena, error);
    if (status == LAT_OK)
        status = lat_pieces_read(&pieces, &arena, folder,
                                 embedding_rows(weights), error);
    if (status == LAT_OK)
        status = lat_convert_put_keys(&writer, &source, &pieces, error);
    if (status == LAT_OK)
        status = put_tensors(&writer, plans, count, &source, error);
    if (status == LAT_OK)
        status = write_file(&writer, plans, count, out_path, error);
    if (status == LAT_OK && report != NULL) {
        uint64_t head = 24 + writer.keys.size + writer.tensors.size;

        report->tensors = count;
        report->bytes = (head + 31) / 32 * 32 + writer.data_size;
    }
    lat_gguf_writer_free(&writer);
    lat_weights_close(weights);
    lat_arena_free(&arena);
    return status;
}
