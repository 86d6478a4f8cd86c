/*
 * study_layers.c - hidden states from the model to the clusterer.
 *
 * For each model: the layers that are not done are taken in groups whose
 * vectors fit in memory, one forward pass a group; or with --spill all in
 * one pass, into a file.  Each layer is clustered and its vectors dropped.
 */
#include "study_int.h"

#include <string.h>

/* ---- Room for vectors --------------------------------------------------- */

/* Vectors of the layers that are being made: each in memory, or all in one
 * file with --spill. */
typedef struct layer_room {
    float **vectors; /* L+1 of the model: N x H, or NULL */
    size_t bytes;    /* of one layer */
    size_t row;      /* of one vector */
    lat_spill spill; /* empty without --spill */
    size_t used;     /* layers in it */
    size_t layers;   /* L+1 */
} layer_room;

static size_t count_left(const study *s, int side)
{
    size_t left = 0;
    for (size_t i = 0; i < s->layer_count; i++)
        left += !study_layer_done(s, side, s->layers[i]);
    return left;
}

static lat_status room_open(layer_room *room, const study *s, int side,
                            size_t most, lat_error *error)
{
    const lat_model_info *info = s->readers[side].info;
    size_t all = 0;
    memset(room, 0, sizeof *room);
    room->row = info->hidden * sizeof(float);
    if (!lat_size_mul(s->words.count, room->row, &room->bytes) ||
        !lat_size_mul(room->bytes, most, &all))
        return lat_error_memory(error, UINT64_MAX);
    room->layers = info->layers + 1;
    room->vectors = lat_new_array(room->layers, sizeof *room->vectors);
    if (room->vectors == NULL)
        return lat_error_memory(error, room->layers * 8);
    return s->options.spill == NULL
               ? LAT_OK
               : lat_spill_open(&room->spill, s->options.spill, all, error);
}

static lat_status room_take(layer_room *room, size_t layer, lat_error *error)
{
    if (room->spill.data != NULL)
        room->vectors[layer] =
            (float *)(void *)((char *)room->spill.data +
                              room->used++ * room->bytes);
    else
        room->vectors[layer] = lat_alloc(room->bytes);
    return room->vectors[layer] != NULL
               ? LAT_OK : lat_error_memory(error, room->bytes);
}

static void room_give(layer_room *room, size_t layer)
{
    float *vectors = room->vectors[layer];
    room->vectors[layer] = NULL;
    if (room->spill.data == NULL) {
        lat_free(vectors);
    } else if (vectors != NULL) {
        size_t from = (size_t)((char *)vectors - (char *)room->spill.data);
        lat_spill_rest(&room->spill, from, from + room->bytes);
    }
}

static void room_close(layer_room *room)
{
    for (size_t l = 0; room->vectors != NULL && l < room->layers; l++)
        room_give(room, l);
    lat_free(room->vectors);
    lat_spill_close(&room->spill);
}

/* The pass has left these words behind: their pages go to the disk, so that
 * a spilled model never fills the memory. */
static void rest_words(void *context, size_t words)
{
    const layer_room *room = context;
    for (size_t i = 0; i < room->used; i++)
        lat_spill_rest(&room->spill, i * room->bytes,
                       i * room->bytes + words * room->row);
}

/* ---- Groups of layers --------------------------------------------------- */

static lat_status forward(const study *s, int side, const lat_tokens *tokens,
                          lat_reader_want *want, lat_error *error)
{
    char step[64];
    (void)snprintf(step, sizeof step, "%s: forward pass",
                   study_side_names[side]);
    want->pooling = s->options.pooling;
    want->progress = cli_progress(s->call);
    lat_progress_begin(want->progress, step, "sentences", tokens->sentences);
    double before = lat_cpu_seconds();
    lat_status status = lat_reader_states(
        &s->readers[side], cli_pool(s->call), tokens, want, error);
    lat_progress_end(want->progress);
    study_say_seconds(s, step, before);
    return status;
}

lat_status study_forward(const study *s, int side, const lat_tokens *tokens,
                         float **vectors, float *logits, lat_error *error)
{
    lat_reader_want want = {.layers = vectors, .logits = logits};
    return forward(s, side, tokens, &want, error);
}

/* Fills the room: from the parts of earlier jobs where they are complete,
 * else by the model. */
static lat_status fill_room(study *s, int side, layer_room *room,
                            float *logits, lat_error *error)
{
    float **missing = lat_new_array(room->layers, sizeof *missing);
    bool any = logits != NULL;
    lat_status status = LAT_OK;
    if (missing == NULL)
        return lat_error_memory(error, room->layers * sizeof *missing);
    for (size_t l = 0; l < room->layers && status == LAT_OK; l++) {
        bool found = false;
        if (room->vectors[l] == NULL)
            continue;
        status = study_parts_vectors(room->vectors[l], &found, s, side, l,
                                     error);
        if (!found) {
            missing[l] = room->vectors[l];
            any = true;
        }
    }
    lat_reader_want want = {.layers = missing, .logits = logits,
                            .context = room};
    if (room->spill.data != NULL)
        want.settled = rest_words;
    if (status == LAT_OK && any)
        status = forward(s, side, &s->tokens[side], &want, error);
    lat_free(missing);
    return status;
}

/* How far the whole is, when a layer is done. */
static void tell_layers(study *s)
{
    s->layers_made++;
    s->layers_left--;
    if (s->layers_left != 0)
        cli_say(s->call, "%zu layers to go, about %.0f s", s->layers_left,
                (lat_clock_seconds() - s->layers_began) *
                    (double)s->layers_left / (double)s->layers_made);
}

static lat_status side_group(study *s, int side, size_t *next,
                             layer_room *room, float *logits,
                             lat_error *error)
{
    size_t from = *next, held = 0;
    lat_status status = LAT_OK;
    for (; *next < s->layer_count && status == LAT_OK; (*next)++) {
        size_t layer = s->layers[*next];
        if (study_layer_done(s, side, layer))
            continue;
        if (held == s->at_once)
            break;
        status = room_take(room, layer, error);
        held++;
    }
    if (status == LAT_OK)
        status = fill_room(s, side, room, logits, error);
    for (size_t i = from; i < *next && status == LAT_OK; i++) {
        size_t layer = s->layers[i];
        if (room->vectors[layer] == NULL) {
            status = study_layer_read(s, side, i, error);
            continue;
        }
        status = study_layer_make(&s->concepts[side][i], s, side, layer,
                                  room->vectors[layer], error);
        room_give(room, layer);
        if (status == LAT_OK)
            tell_layers(s);
    }
    return status;
}

lat_status study_one_layer(study *s, lat_error *error)
{
    int side = s->job.side;
    size_t layer = s->job.layer;
    lat_concepts concepts = {0};
    layer_room room;
    if (study_layer_done(s, side, layer)) {
        cli_say(s->call, "%s layer %zu is done", study_side_names[side],
                layer);
        return LAT_OK;
    }
    lat_status status = room_open(&room, s, side, 1, error);
    if (status == LAT_OK)
        status = room_take(&room, layer, error);
    if (status == LAT_OK)
        status = fill_room(s, side, &room, NULL, error);
    if (status == LAT_OK)
        status = study_layer_make(&concepts, s, side, layer,
                                  room.vectors[layer], error);
    lat_concepts_free(&concepts);
    room_close(&room);
    return status;
}

static lat_status side_layers(study *s, int side, float *logits,
                              lat_error *error)
{
    size_t next = 0;
    layer_room room;
    lat_status status =
        room_open(&room, s, side, count_left(s, side), error);
    s->concepts[side] =
        lat_new_array(s->layer_count, sizeof *s->concepts[side]);
    if (status == LAT_OK && s->concepts[side] == NULL)
        status = lat_error_memory(error, s->layer_count * 64);
    while (status == LAT_OK && next < s->layer_count) {
        status = side_group(s, side, &next, &room, logits, error);
        logits = NULL; /* once is enough */
    }
    room_close(&room);
    return status;
}

/* ---- Predictions -------------------------------------------------------- */

static void put_class(lat_buffer *out, const lat_model_info *info,
                      int32_t number)
{
    if (number >= 0 && info->labels != NULL)
        lat_buffer_text(out, info->labels[number]);
    else if (number >= 0)
        lat_buffer_format(out, "%d", number);
}

/* Tabs and line breaks (CSV cells may hold them) become spaces. */
static void put_cell(lat_buffer *out, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        lat_buffer_char(out, c == '\t' || c == '\n' || c == '\r' ? ' ' : c);
    }
}

static void put_prediction(lat_buffer *out, const lat_model_info *info,
                           uint32_t predicted, const double *probabilities)
{
    put_class(out, info, (int32_t)predicted);
    for (size_t c = 0; c < info->classes; c++) {
        lat_buffer_char(out, '\t');
        lat_buffer_number(out, probabilities[c]);
    }
}

/* Without a classification head there are no classes and no probabilities. */
static lat_status write_sentences(const study *s, const uint32_t *predicted,
                                  const double *probabilities,
                                  lat_error *error)
{
    const lat_model_info *info = s->readers[STUDY_TUNED].info;
    size_t classes = probabilities == NULL ? 0 : info->classes;
    lat_buffer out = {0};
    lat_buffer_text(&out, "sentence\tgold\tpredicted");
    for (size_t c = 0; c < classes; c++) {
        lat_buffer_text(&out, "\tp_");
        put_class(&out, info, (int32_t)c);
    }
    lat_buffer_text(&out, s->corpus.pairs ? "\ttext\ttext2\n" : "\ttext\n");
    for (size_t i = 0; i < s->corpus.count; i++) {
        const lat_sentence *sentence = &s->corpus.sentences[i];
        lat_buffer_format(&out, "%zu\t", i);
        put_class(&out, info, sentence->gold);
        lat_buffer_char(&out, '\t');
        if (probabilities != NULL)
            put_prediction(&out, info, predicted[i],
                           probabilities + i * classes);
        lat_buffer_char(&out, '\t');
        put_cell(&out, sentence->a, sentence->a_size);
        if (s->corpus.pairs) {
            lat_buffer_char(&out, '\t');
            put_cell(&out, sentence->b, sentence->b_size);
        }
        lat_buffer_char(&out, '\n');
    }
    return study_write(s, "sentences.tsv", &out, error);
}

static lat_status keep_predictions(study *s, const float *logits,
                                   lat_error *error)
{
    const lat_model_info *info = s->readers[STUDY_TUNED].info;
    size_t n = s->corpus.count;
    if (logits == NULL)
        return write_sentences(s, NULL, NULL, error);
    uint32_t *predicted = lat_new_array(n, sizeof *predicted);
    double *probabilities =
        lat_new_array(n, info->classes * sizeof *probabilities);
    lat_status status = LAT_OK;
    if (predicted == NULL || probabilities == NULL) {
        status = lat_error_memory(error, n * 8 * info->classes);
    } else {
        lat_predictions(logits, n, info->classes, predicted, probabilities);
        status = write_sentences(s, predicted, probabilities, error);
    }
    if (status == LAT_OK) /* class numbers fit in int32 */
        status = lat_classes_make(&s->predicted, (int32_t *)predicted, n,
                                  (const char *const *)info->labels,
                                  info->classes, error);
    lat_free(predicted);
    lat_free(probabilities);
    return status;
}

lat_status study_layers(study *s, lat_error *error)
{
    const lat_model_info *info = s->readers[STUDY_TUNED].info;
    float *logits = NULL;
    bool found = false;
    lat_status status = LAT_OK;
    if (info->head == LAT_HEAD_SEQUENCE) {
        logits = lat_new_array(s->corpus.count,
                               info->classes * sizeof *logits);
        if (logits == NULL)
            return lat_error_memory(error, s->corpus.count * 4);
        status = study_parts_logits(logits, &found, s, error);
    } else {
        cli_say(s->call, "the tuned model has no sequence classification "
                         "head: no predictions, no triggers");
    }
    study_cost cost;
    study_cost_of(&cost, s);
    s->at_once = cost.at_once;
    s->layers_left = count_left(s, STUDY_BASE) + count_left(s, STUDY_TUNED);
    s->layers_began = lat_clock_seconds();
    if (status == LAT_OK)
        status = side_layers(s, STUDY_BASE, NULL, error);
    if (status == LAT_OK)
        status = side_layers(s, STUDY_TUNED, found ? NULL : logits, error);
    if (status == LAT_OK)
        status = keep_predictions(s, logits, error);
    lat_free(logits);
    return status;
}
