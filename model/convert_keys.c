/*
 * convert_keys.c - config.json as the keys of a GGUF file.
 *
 * llama.cpp's keys for "bert" are written for every architecture (with its
 * own prefix), so that any GGUF viewer shows the sizes; what a reader of
 * ours goes by is latent.config, the config.json as it was.
 */
#include "convert_int.h"

#include <string.h>

/* Key of llama.cpp, and the names that configurations use for it. */
static const struct {
    const char *key, *name, *other;
} counts[] = {
    {"block_count", "num_hidden_layers", "n_layers"},
    {"embedding_length", "hidden_size", "dim"},
    {"feed_forward_length", "intermediate_size", "hidden_dim"},
    {"attention.head_count", "num_attention_heads", "n_heads"},
};

/* "bert" + ".block_count" */
static const char *name_key(char out[128], const lat_convert_source *source,
                            const char *key)
{
    snprintf(out, 128, "%s.%s", source->architecture, key);
    return out;
}

/* DistilBERT has names of its own for the same four numbers. */
static lat_status put_counts(lat_gguf_writer *writer,
                             const lat_convert_source *source,
                             lat_error *error)
{
    char key[128];

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        bool bad = false;
        uint64_t value = lat_json_count(source->config, counts[i].name, 0,
                                        &bad);

        if (value == 0)
            value = lat_json_count(source->config, counts[i].other, 0, &bad);
        if (bad || value == 0 || value > UINT32_MAX)
            return lat_error_set(error, LAT_MALFORMED,
                                 "%s must be a whole number from 1",
                                 counts[i].name);
        lat_gguf_put_u32(writer, name_key(key, source, counts[i].key),
                         (uint32_t)value);
    }
    return LAT_OK;
}

/* context_length is what llama.cpp allows: for RoBERTa without the positions
 * that were dropped. */
static lat_status put_lengths(lat_gguf_writer *writer,
                              const lat_convert_source *source,
                              lat_error *error)
{
    char key[128];
    bool bad = false;
    uint64_t positions = lat_json_count(source->config,
                                        "max_position_embeddings", 512,
                                        &bad);
    double eps = lat_json_number(source->config, "layer_norm_eps", 1e-12,
                                 &bad);

    if (bad || positions <= source->positions_dropped ||
        positions > UINT32_MAX)
        return lat_error_set(error, LAT_MALFORMED,
                             "max_position_embeddings must be a whole "
                             "number above %zu, layer_norm_eps a number",
                             source->positions_dropped);
    lat_gguf_put_u32(writer, name_key(key, source, "context_length"),
                     (uint32_t)(positions - source->positions_dropped));
    lat_gguf_put_f32(writer,
                     name_key(key, source, "attention.layer_norm_epsilon"),
                     (float)eps);
    lat_gguf_put_flag(writer, name_key(key, source, "attention.causal"),
                      false);
    return LAT_OK;
}

/* The member of id2label for class number i, or NULL. */
static const lat_json *find_label(const lat_json *labels, size_t number)
{
    char key[24];
    const lat_json *label;

    snprintf(key, sizeof key, "%zu", number);
    label = lat_json_get(labels, key);
    return label != NULL && label->type == LAT_JSON_STRING ? label : NULL;
}

/* A sequence head is what llama.cpp calls rank pooling (4): cls, tanh,
 * cls.output on the first token, one value for each label. */
static void put_head(lat_gguf_writer *writer,
                     const lat_convert_source *source)
{
    static const char wanted[] = "ForSequenceClassification";
    const lat_json *list = lat_json_get(source->config, "architectures");
    const lat_json *labels = lat_json_get(source->config, "id2label");
    const char *name = "";
    size_t size, ending = sizeof wanted - 1, count = 0;
    char key[128];

    if (list != NULL && list->type == LAT_JSON_ARRAY && list->size > 0 &&
        list->items[0].type == LAT_JSON_STRING)
        name = list->items[0].string;
    size = strlen(name);
    if (size >= ending && strcmp(name + size - ending, wanted) == 0)
        lat_gguf_put_u32(writer, name_key(key, source, "pooling_type"), 4);
    if (labels == NULL || labels->type != LAT_JSON_OBJECT)
        return;
    /* Linear look-ups in an object of that size: bounded, as are labels. */
    while (count < labels->size && count < 4096 &&
           find_label(labels, count) != NULL)
        count++;
    if (count == 0 || count != labels->size)
        return;
    lat_gguf_put_array(writer,
                       name_key(key, source, "classifier.output_labels"),
                       LAT_GGUF_TEXT, count);
    for (size_t i = 0; i < count; i++) {
        const lat_json *label = find_label(labels, i);

        lat_gguf_put_item_text(writer, label->string, label->size);
    }
}

/* Hashed from the file itself, as sha256sum would. */
static lat_status hash_file(char hex[65], const char *path, lat_error *error)
{
    unsigned char digest[32];
    lat_status status = lat_sha256_file(digest, path, error);

    if (status == LAT_OK)
        lat_sha256_hex(digest, hex);
    return status;
}

/* What the file was made of: base names and hashes, so that the same model
 * gives the same bytes wherever it lies. */
static lat_status put_sources(lat_gguf_writer *writer,
                              const lat_convert_source *source,
                              const lat_pieces *pieces, lat_error *error)
{
    const lat_weights *weights = source->weights;
    size_t extra = 0, count;
    char hex[65];
    lat_status status;

    while (extra < 3 && pieces->files[extra] != NULL)
        extra++;
    count = 1 + weights->file_count + extra;
    lat_gguf_put_array(writer, "latent.source.files", LAT_GGUF_TEXT, count);
    lat_gguf_put_item_text(writer, "config.json", 11);
    for (size_t i = 0; i < weights->file_count; i++) {
        const char *name = lat_path_base(weights->files[i]);

        lat_gguf_put_item_text(writer, name, strlen(name));
    }
    for (size_t i = 0; i < extra; i++)
        lat_gguf_put_item_text(writer, pieces->files[i],
                               strlen(pieces->files[i]));
    lat_gguf_put_array(writer, "latent.source.sha256", LAT_GGUF_TEXT, count);
    status = hash_file(hex, weights->config_path, error);
    if (status == LAT_OK)
        lat_gguf_put_item_text(writer, hex, 64);
    for (size_t i = 0; i < weights->file_count && status == LAT_OK; i++) {
        status = hash_file(hex, weights->files[i], error);
        lat_gguf_put_item_text(writer, hex, 64);
    }
    for (size_t i = 0; i < extra && status == LAT_OK; i++) {
        char *path = lat_path_join(weights->path, pieces->files[i]);

        if (path == NULL)
            return lat_error_memory(error, 256);
        status = hash_file(hex, path, error);
        lat_free(path);
        lat_gguf_put_item_text(writer, hex, 64);
    }
    return status;
}

static void put_word(lat_gguf_writer *writer, const char *key,
                     const char *text)
{
    lat_gguf_put_text(writer, key, text, strlen(text));
}

/* The rows that llama.cpp's form leaves out; a padding token inside a
 * sequence still uses the last of them. */
static lat_status put_first_positions(lat_gguf_writer *writer,
                                      const lat_convert_source *source,
                                      lat_error *error)
{
    const lat_tensor *table = source->positions;
    size_t columns, dropped = source->positions_dropped;
    float *row;
    lat_status status = LAT_OK;

    if (dropped == 0)
        return LAT_OK;
    lat_gguf_put_u32(writer, "latent.positions_dropped", (uint32_t)dropped);
    if (table == NULL)
        return LAT_OK;
    columns = (size_t)table->shape[1];
    row = lat_new_array(columns, sizeof *row);
    if (row == NULL)
        return lat_error_memory(error, columns * sizeof *row);
    lat_gguf_put_array(writer, "latent.positions_first", LAT_GGUF_F32,
                       (uint64_t)columns * dropped);
    for (size_t r = 0; r < dropped && status == LAT_OK; r++) {
        status = lat_weights_copy_rows(row, table, r, 1, error);
        for (size_t c = 0; c < columns && status == LAT_OK; c++)
            lat_gguf_put_item_f32(writer, row[c]);
    }
    lat_free(row);
    return status;
}

/* General keys first, as the specification asks; then sizes, head, our own,
 * and last the vocabulary, which is the longest. */
lat_status lat_convert_put_keys(lat_gguf_writer *writer,
                                const lat_convert_source *source,
                                const lat_pieces *pieces, lat_error *error)
{
    const lat_weights *weights = source->weights;
    bool bad = false;
    uint64_t types;
    lat_status status;

    put_word(writer, "general.architecture", source->architecture);
    put_word(writer, "general.type", "model");
    lat_gguf_put_u32(writer, "general.file_type", source->file_type);
    lat_gguf_put_u32(writer, "general.quantization_version", 2);
    status = put_counts(writer, source, error);
    if (status == LAT_OK)
        status = put_lengths(writer, source, error);
    if (status != LAT_OK)
        return lat_error_in_file(error, weights->config_path);
    put_head(writer, source);
    lat_gguf_put_u32(writer, "latent.format", 1);
    put_word(writer, "latent.model_type", source->model_type);
    lat_gguf_put_text(writer, "latent.config", weights->config,
                      weights->config_size);
    status = put_first_positions(writer, source, error);
    if (status == LAT_OK)
        status = put_sources(writer, source, pieces, error);
    types = lat_json_count(source->config, "type_vocab_size", 2, &bad);
    if (status == LAT_OK && (bad || types > 65536))
        status = lat_error_set(error, LAT_MALFORMED,
                               "type_vocab_size must be a small whole "
                               "number");
    if (status == LAT_OK)
        status = lat_pieces_put(writer, pieces, (size_t)types, error);
    return status;
}
