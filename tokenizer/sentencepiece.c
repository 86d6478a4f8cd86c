/*
 * sentencepiece.c - spiece.model and sentencepiece.bpe.model.
 *
 *     ModelProto   1 pieces* (1 text, 2 score, 3 type)
 *                  2 trainer (3 model type: 1 is Unigram; 35 byte fallback)
 *                  3 normalizer (2 charsmap)
 *
 * The file says nothing of ids and special tokens, so its family must be
 * known (families.c): ALBERT's holds [CLS] and [SEP]; that of XLM-RoBERTa,
 * and of CamemBERT, told by the files beside it, begins with <unk> <s> </s>.
 */
#include "tokenizer_read_int.h"

#include <string.h>

typedef struct model_file {
    lat_protobuf file;
    size_t pieces, bytes;
    uint64_t model_type;
    bool byte_fallback;
    bool has_trainer, has_normalizer;
    const unsigned char *charsmap;
    size_t charsmap_size;
} model_file;

typedef struct piece {
    const char *text;
    size_t size;
    double score;
} piece;

static lat_status malformed(lat_error *error, uint64_t place,
                            const char *what)
{
    return lat_error_at_byte(error, LAT_MALFORMED, place,
                             "%s is not well-formed protobuf", what);
}

/* ---- The file ---------------------------------------------------------- */

/* Members that we do not need are skipped by their wire type.  Of a member
 * that comes twice the last one counts, as protobuf has it. */
static lat_status read_settings(model_file *model, const lat_field *field,
                                lat_error *error)
{
    lat_protobuf in = {field->data, field->size, 0, field->place};
    lat_field inner;
    bool bad = false;
    while (lat_protobuf_next(&in, &inner, &bad)) {
        if (field->number == 2 && inner.number == 3 && inner.type == 0)
            model->model_type = inner.value;
        if (field->number == 2 && inner.number == 35 && inner.type == 0)
            model->byte_fallback = inner.value != 0;
        if (field->number == 3 && inner.number == 2 && inner.type == 2) {
            model->charsmap = inner.data;
            model->charsmap_size = inner.size;
        }
    }
    return bad ? malformed(error, inner.place, "the model's settings")
               : LAT_OK;
}

/* First pass: counts the pieces and finds the settings.  Both settings must
 * be there: they come after the pieces, so a file that was cut off at the
 * end of a piece shows by their absence. */
static lat_status survey(model_file *model, lat_error *error)
{
    lat_protobuf in = model->file;
    lat_field field;
    bool bad = false;
    lat_status status = LAT_OK;
    model->model_type = 1;
    while (status == LAT_OK && lat_protobuf_next(&in, &field, &bad)) {
        if (field.type != 2 || field.number > 3)
            continue;
        if (field.number == 1) {
            model->pieces++;
            model->bytes += field.size;
        } else {
            model->has_trainer |= field.number == 2;
            model->has_normalizer |= field.number == 3;
            status = read_settings(model, &field, error);
        }
    }
    if (bad)
        return malformed(error, field.place, "the file");
    if (status == LAT_OK && model->pieces == 0)
        return lat_error_set(error, LAT_MALFORMED,
                             "the file holds no pieces of a sentencepiece "
                             "model");
    if (status == LAT_OK
        && !(model->has_trainer && model->has_normalizer))
        return lat_error_set(error, LAT_MALFORMED,
                             "the file has no %s settings after its pieces: "
                             "it is cut off",
                             model->has_trainer ? "normalizer" : "trainer");
    if (status == LAT_OK && model->model_type != 1)
        return lat_error_set(error, LAT_UNSUPPORTED,
                             "a sentencepiece model of type %llu; only 1, "
                             "Unigram, is supported",
                             (unsigned long long)model->model_type);
    return status;
}

/* Four bytes, little-endian, whatever this machine's order. */
static float read_float(const unsigned char *data)
{
    uint32_t bits = data[0] | (uint32_t)data[1] << 8
                    | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The next piece of the file; *more is false after the last. */
static lat_status next_piece(lat_protobuf *in, piece *out, bool *more,
                             lat_error *error)
{
    lat_field field = {0}, inner;
    bool bad = false;
    *out = (piece){.text = ""};
    *more = false;
    while (lat_protobuf_next(in, &field, &bad))
        if (field.number == 1 && field.type == 2) {
            *more = true;
            break;
        }
    if (!*more)
        return LAT_OK;
    lat_protobuf message = {field.data, field.size, 0, field.place};
    while (lat_protobuf_next(&message, &inner, &bad)) {
        if (inner.number == 1 && inner.type == 2) {
            out->text = (const char *)inner.data;
            out->size = inner.size;
        }
        if (inner.number == 2 && inner.type == 5)
            out->score = read_float(inner.data);
    }
    if (bad)
        return malformed(error, inner.place, "a piece");
    if (memchr(out->text, '\0', out->size) != NULL)
        return lat_error_at_byte(error, LAT_MALFORMED, field.place,
                                 "a piece holds a NUL");
    return LAT_OK;
}

/* ---- Pieces ------------------------------------------------------------ */

static bool is(const piece *one, const char *text)
{
    return one->size == strlen(text)
           && memcmp(one->text, text, one->size) == 0;
}

/* Looks at every piece; nothing is allocated yet. */
static lat_status find_family(const lat_family **out, const model_file *model,
                              bool is_camembert, lat_error *error)
{
    static const char *const begins[] = {"<unk>", "<s>", "</s>"};
    lat_protobuf in = model->file;
    bool more = true, xlm = model->pieces > 3, cls = false, sep = false;
    for (size_t i = 0; i < model->pieces; i++) {
        piece one;
        lat_status status = next_piece(&in, &one, &more, error);
        if (status != LAT_OK)
            return status;
        xlm = xlm && (i > 2 || is(&one, begins[i]));
        cls = cls || is(&one, "[CLS]");
        sep = sep || is(&one, "[SEP]");
    }
    if (cls && sep)
        *out = &lat_family_albert;
    else if (xlm)
        *out = is_camembert ? &lat_family_camembert
                            : &lat_family_xlm_roberta;
    else
        return lat_error_set(error, LAT_UNSUPPORTED,
                             "a sentencepiece model of another family than "
                             "ALBERT, XLM-RoBERTa and CamemBERT");
    return LAT_OK;
}

/* ALBERT's pieces that end in a digit and a comma ("1,") are put out of the
 * way, so that numbers are cut before their commas. */
static bool digit_comma(const piece *one)
{
    return one->size >= 2 && one->text[one->size - 1] == ','
           && one->text[one->size - 2] >= '0'
           && one->text[one->size - 2] <= '9';
}

static lat_status add_piece(lat_tokenizer *tokenizer, uint32_t id,
                            const char *text, size_t size, double score,
                            lat_error *error)
{
    lat_status status = lat_pieces_add(tokenizer, id, text, size, error);
    return status != LAT_OK ? status
                            : lat_scores_set(&tokenizer->pieces, id, score,
                                             error);
}

/* The family's own pieces, the file's, and <mask>.  The ids follow from the
 * counts, so none can be out of range. */
static lat_status add_pieces(lat_tokenizer *tokenizer,
                             const model_file *model, const lat_family *kind,
                             lat_error *error)
{
    size_t ids = kind->count + model->pieces - kind->skip + kind->mask;
    uint32_t id = 0;
    lat_status status = lat_pieces_begin(tokenizer, ids, ids, model->bytes,
                                         error);
    if (status == LAT_OK)
        status = lat_scores_begin(&tokenizer->pieces, error);
    for (; id < kind->count && status == LAT_OK; id++)
        status = add_piece(tokenizer, id, kind->names[id],
                           strlen(kind->names[id]), id == 4 ? -100 : 0,
                           error);
    lat_protobuf in = model->file;
    for (size_t i = 0; i < model->pieces && status == LAT_OK; i++) {
        piece one;
        bool more;
        status = next_piece(&in, &one, &more, error);
        if (status != LAT_OK || i < kind->skip)
            continue;
        if (kind->comma_penalty && digit_comma(&one))
            one.score -= 100;
        status = add_piece(tokenizer, id++, one.text, one.size, one.score,
                           error);
    }
    if (status == LAT_OK && kind->mask)
        status = add_piece(tokenizer, id, kind->mask_name,
                           strlen(kind->mask_name), 0, error);
    return status;
}

lat_status lat_read_sentencepiece(lat_tokenizer *tokenizer, const void *data,
                                  size_t size, bool is_camembert,
                                  const lat_json *config, lat_error *error)
{
    model_file model = {.file = {data, size, 0, 0}};
    lat_pieces *pieces = &tokenizer->pieces;
    const lat_family *kind = NULL;
    pieces->kind = LAT_UNIGRAM;
    lat_status status = survey(&model, error);
    if (status == LAT_OK)
        status = find_family(&kind, &model, is_camembert, error);
    if (status == LAT_OK)
        status = add_pieces(tokenizer, &model, kind, error);
    pieces->byte_fallback = model.byte_fallback;
    return status != LAT_OK
        ? status
        : lat_family_finish(tokenizer, kind, model.charsmap,
                            model.charsmap_size, config, error);
}
