/*
 * gguf_names.c - tensor names of llama.cpp's "bert" and of the hub.
 *
 *     token_embd            embeddings.word_embeddings
 *     token_types           embeddings.token_type_embeddings
 *     position_embd         embeddings.position_embeddings
 *     token_embd_norm       embeddings.LayerNorm
 *     blk.N.attn_q          encoder.layer.N.attention.self.query
 *     blk.N.attn_k, attn_v  ...key, ...value
 *     blk.N.attn_output     encoder.layer.N.attention.output.dense
 *     blk.N.attn_output_norm   ...attention.output.LayerNorm
 *     blk.N.ffn_up          encoder.layer.N.intermediate.dense
 *     blk.N.ffn_down        encoder.layer.N.output.dense
 *     blk.N.layer_output_norm  encoder.layer.N.output.LayerNorm
 *     cls                   BERT: pooler.dense   RoBERTa: classifier.dense
 *     cls.output            BERT: classifier     RoBERTa: classifier.out_proj
 *
 * each with .weight or .bias (.gamma and .beta in old hub files).  For every
 * model of the family llama.cpp computes cls, tanh, cls.output on the first
 * token, which is what BERT's pooler and classifier are, and RoBERTa's head.
 *
 * Our own files carry their hub names (latent.tensor_names), so that nothing
 * has to be inferred; the way back by this table is for foreign files.
 */
#include "gguf_int.h"

#include <string.h>

typedef struct pair {
    const char *file, *hub;
} pair;

static const pair globals[] = {
    {"token_embd", "embeddings.word_embeddings"},
    {"token_types", "embeddings.token_type_embeddings"},
    {"position_embd", "embeddings.position_embeddings"},
    {"token_embd_norm", "embeddings.LayerNorm"},
};
static const pair blocks[] = {
    {"attn_q", "attention.self.query"},
    {"attn_k", "attention.self.key"},
    {"attn_v", "attention.self.value"},
    {"attn_output", "attention.output.dense"},
    {"attn_output_norm", "attention.output.LayerNorm"},
    {"ffn_up", "intermediate.dense"},
    {"ffn_down", "output.dense"},
    {"layer_output_norm", "output.LayerNorm"},
};
static const pair bert_heads[] = {
    {"cls", "pooler.dense"},
    {"cls.output", "classifier"},
};
/* The last line only on the way into a file: token classification. */
static const pair roberta_heads[] = {
    {"cls", "classifier.dense"},
    {"cls.output", "classifier.out_proj"},
    {"cls.output", "classifier"},
};
static const pair endings[] = {
    {".weight", ".weight"},
    {".bias", ".bias"},
    {".weight", ".gamma"},
    {".bias", ".beta"},
};
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static bool same(const char *text, size_t size, const char *word)
{
    return strlen(word) == size && memcmp(text, word, size) == 0;
}

/* The other side of a stem in one table, or NULL. */
static const char *look_up(const pair *table, size_t count, const char *stem,
                           size_t size, bool to_hub)
{
    for (size_t i = 0; i < count; i++) {
        if (same(stem, size, to_hub ? table[i].file : table[i].hub))
            return to_hub ? table[i].hub : table[i].file;
    }
    return NULL;
}

/* "encoder.layer.12.output.dense": the length of "12" behind the lead, 0
 * when it is no plain layer number. */
static size_t layer_digits(const char *name, size_t size, const char *lead)
{
    size_t start = strlen(lead), at = start;

    if (size <= start || memcmp(name, lead, start) != 0)
        return 0;
    while (at < size && name[at] >= '0' && name[at] <= '9')
        at++;
    if (at == start || at - start > 6 || at >= size || name[at] != '.')
        return 0;
    return at - start;
}

/* Writes the counterpart of the stem name[0..size) and `ending` to out
 * (`room` bytes with the NUL); false when there is none or no room. */
static bool translate(char *out, size_t room, const char *name, size_t size,
                      const char *ending, bool roberta, bool to_hub)
{
    const char *from = to_hub ? "blk." : "encoder.layer.";
    const char *to = to_hub ? "encoder.layer." : "blk.";
    size_t digits = layer_digits(name, size, from);
    size_t lead = strlen(from);
    const char *stem;
    int length;

    if (digits != 0) {
        stem = look_up(blocks, COUNT(blocks), name + lead + digits + 1,
                       size - lead - digits - 1, to_hub);
        if (stem == NULL)
            return false;
        length = snprintf(out, room, "%s%.*s.%s%s", to, (int)digits,
                          name + lead, stem, ending);
    } else {
        stem = look_up(globals, COUNT(globals), name, size, to_hub);
        if (stem == NULL && roberta)
            stem = look_up(roberta_heads, COUNT(roberta_heads), name, size,
                           to_hub);
        else if (stem == NULL)
            stem = look_up(bert_heads, COUNT(bert_heads), name, size,
                           to_hub);
        if (stem == NULL)
            return false;
        length = snprintf(out, room, "%s%s", stem, ending);
    }
    return length > 0 && (size_t)length < room;
}

/* Cuts a known ending off; the bytes of the stem, or 0. */
static size_t cut_ending(const char **ending, const char *name, bool to_hub)
{
    size_t size = strlen(name);

    for (size_t i = 0; i < COUNT(endings); i++) {
        size_t length = strlen(endings[i].hub);

        if (size > length &&
            memcmp(name + size - length, endings[i].hub, length) == 0) {
            *ending = to_hub ? endings[i].hub : endings[i].file;
            return size - length;
        }
    }
    return 0;
}

const char *lat_gguf_hub_name(lat_arena *arena, const char *name,
                              bool roberta)
{
    char hub[128];
    const char *ending = "";
    size_t stem = cut_ending(&ending, name, true);

    if (stem == 0 || !translate(hub, sizeof hub, name, stem, ending, roberta,
                                true))
        return lat_arena_copy(arena, name, strlen(name));
    return lat_arena_copy(arena, hub, strlen(hub));
}

void lat_gguf_file_name(char out[LAT_GGUF_NAME], const char *hub_name,
                        bool roberta)
{
    static const char *const prefixes[] = {"bert.", "roberta.", "model."};
    const char *ending = "", *name = hub_name;
    size_t stem;

    for (size_t i = 0; i < COUNT(prefixes); i++) {
        size_t length = strlen(prefixes[i]);

        if (strncmp(name, prefixes[i], length) == 0) {
            name += length;
            break;
        }
    }
    stem = cut_ending(&ending, name, false);
    if (stem != 0 && translate(out, LAT_GGUF_NAME, name, stem, ending,
                               roberta, false))
        return;
    out[0] = '\0';
    if (strlen(name) < LAT_GGUF_NAME)
        memcpy(out, name, strlen(name) + 1);
}
