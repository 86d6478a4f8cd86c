/*
 * test_encoder_reference.c - hidden states and logits against float64.
 *
 * For each reference model: at every layer the error of a token is
 * ||x - ref|| / ||ref||; its median over tokens may be at most 1.5 times,
 * its 99th percentile at most 3 times what PyTorch's float32 shows on the
 * same tokens (given beside the references).  Prints the worst ratio of
 * each model, and the largest difference of a single value in each layer
 * (the table in tools/manual/RESULTS.md).
 */
#include "../../harness.h"
#include "../../../model/model.h"

#include <math.h>

#define MEDIAN_BOUND 1.5
#define HIGH_BOUND 3.0

static const char *const fixtures[] = {
    "bert-1", "bert-2", "bert-3", "bert-4", "bert-5", "bert-6",
    "distilbert-1", "distilbert-2", "distilbert-3",
    "roberta-1", "roberta-2", "roberta-3", "camembert-1",
    "xlm-roberta-1", "xlm-roberta-2",
    "albert-1", "albert-2", "albert-3",
    "electra-1", "electra-2", "electra-3",
    "mpnet-1", "mpnet-2", "mpnet-3"};

/* A reference file and the batch of all its inputs. */
typedef struct reference {
    lat_map map;
    lat_arena arena;
    const lat_json *root;
    lat_batch batch;
    size_t tokens;
} reference;

static bool read_json(reference *r, const char *path, lat_error *error)
{
    return lat_map_open(&r->map, path, error) == LAT_OK &&
           lat_json_parse(&r->root, &r->arena, r->map.data, r->map.size,
                          error) == LAT_OK;
}

/* `list` holds objects with input_ids and perhaps token_type_ids. */
static void read_inputs(reference *r, const lat_json *list)
{
    size_t tokens = 0;
    for (size_t s = 0; s < list->size; s++)
        tokens += lat_json_get(&list->items[s], "input_ids")->size;
    uint32_t *ids = lat_arena_array(&r->arena, tokens, sizeof *ids);
    uint32_t *types = lat_arena_array(&r->arena, tokens, sizeof *types);
    size_t *starts = lat_arena_array(&r->arena, list->size + 1,
                                     sizeof *starts);
    size_t at = 0;
    for (size_t s = 0; s < list->size; s++) {
        const lat_json *in = lat_json_get(&list->items[s], "input_ids");
        const lat_json *ty = lat_json_get(&list->items[s],
                                          "token_type_ids");
        for (size_t i = 0; i < in->size; i++, at++) {
            ids[at] = (uint32_t)in->items[i].whole;
            types[at] = ty != NULL ? (uint32_t)ty->items[i].whole : 0;
        }
        starts[s + 1] = at;
    }
    r->batch = (lat_batch){.sequences = list->size, .ids = ids,
                           .types = types, .starts = starts};
    r->tokens = tokens;
}

static void close_reference(reference *r)
{
    lat_arena_free(&r->arena);
    lat_map_close(&r->map);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* With linear interpolation, as NumPy's percentile. */
static double quantile(const double *sorted, size_t n, double q)
{
    double at = q * (double)(n - 1);
    size_t i = (size_t)at;
    double next = i + 1 < n ? sorted[i + 1] : sorted[i];
    return sorted[i] + (at - (double)i) * (next - sorted[i]);
}

/* Compares rows with rows `offset`.. of an npy matrix; `torch` is [median,
 * 99th percentile, maximum].  Returns the worse of the two ratios, each
 * relative to its bound, and in `largest` the largest difference. */
static double compare(const float *x, const lat_npy *npy, size_t offset,
                      size_t rows, size_t width, const lat_json *torch,
                      const char *what, double *largest)
{
    *largest = 0;
    double *errors = lat_new_array(rows, sizeof *errors);
    for (size_t i = 0; i < rows; i++) {
        double off = 0, size = 0;
        for (size_t j = 0; j < width; j++) {
            double ref = lat_npy_value(npy, (offset + i) * width + j);
            double d = (double)x[i * width + j] - ref;
            off += d * d;
            size += ref * ref;
            *largest = fabs(d) > *largest ? fabs(d) : *largest;
        }
        errors[i] = sqrt(off) / sqrt(size);
    }
    qsort(errors, rows, sizeof *errors, by_size);
    double median = quantile(errors, rows, 0.5) / torch->items[0].number;
    double high = quantile(errors, rows, 0.99) / torch->items[1].number;
    lat_free(errors);
    CHECK_MSG(median <= MEDIAN_BOUND, "%s: median %.2f times PyTorch's",
              what, median);
    CHECK_MSG(high <= HIGH_BOUND,
              "%s: 99th percentile %.2f times PyTorch's", what, high);
    return median > high / 2 ? median : high / 2;
}

/* ---- The small models of every architecture ----------------------------- */

typedef struct outputs {
    float **hidden;
    float *logits;
    size_t layers;
} outputs;

static outputs new_outputs(const lat_model_info *info, size_t tokens)
{
    outputs o = {.layers = info->layers};
    o.hidden = lat_new_array(info->layers + 1, sizeof *o.hidden);
    for (size_t l = 0; l <= info->layers; l++)
        o.hidden[l] = lat_new_array(tokens * info->hidden, sizeof(float));
    if (info->classes > 0)
        o.logits = lat_new_array(tokens * info->classes, sizeof(float));
    return o;
}

static void free_outputs(outputs *o)
{
    for (size_t l = 0; l <= o->layers; l++)
        lat_free(o->hidden[l]);
    lat_free(o->hidden);
    lat_free(o->logits);
}

static void compare_all(const lat_model_info *info, const outputs *o,
                        const reference *r, const char *name,
                        const char *folder)
{
    lat_error error = {0};
    lat_npy npy;
    const lat_json *torch = lat_json_get(r->root, "torch_float32_error");
    const lat_json *layers = lat_json_get(torch, "hidden_by_layer");
    double worst = 0, largest;
    char what[64], differences[160] = "";
    size_t end = 0;
    char *path = lat_path_join(folder, "hidden.npy");
    CHECK_MSG(lat_npy_open(&npy, path, &error) == LAT_OK, "%s",
              lat_error_message(&error));
    CHECK(npy.dims == 3 && npy.shape[0] == info->layers + 1 &&
          npy.shape[1] == r->tokens && npy.shape[2] == info->hidden);
    CHECK(layers->size == info->layers + 1);
    for (size_t l = 0; l <= info->layers && l < layers->size; l++) {
        snprintf(what, sizeof what, "%s layer %zu", name, l);
        double ratio = compare(o->hidden[l], &npy, l * r->tokens, r->tokens,
                               info->hidden, &layers->items[l], what,
                               &largest);
        worst = ratio > worst ? ratio : worst;
        if (end + 12 < sizeof differences)
            end += (size_t)snprintf(differences + end, 12, " %.1e", largest);
    }
    lat_npy_close(&npy);
    lat_free(path);
    if (info->classes > 0) {
        path = lat_path_join(folder, "logits.npy");
        CHECK_MSG(lat_npy_open(&npy, path, &error) == LAT_OK, "%s",
                  lat_error_message(&error));
        size_t rows = info->head == LAT_HEAD_SEQUENCE ? r->batch.sequences
                                                      : r->tokens;
        CHECK(npy.dims == 2 && npy.shape[0] == rows &&
              npy.shape[1] == info->classes);
        snprintf(what, sizeof what, "%s logits", name);
        double ratio = compare(o->logits, &npy, 0, rows, info->classes,
                               lat_json_get(torch, "logits"), what,
                               &largest);
        worst = ratio > worst ? ratio : worst;
        lat_npy_close(&npy);
        lat_free(path);
    }
    printf("  %-14s worst ratio to PyTorch float32: %.2f; by layer:%s\n",
           name, worst, differences);
}

static void check_fixture(const char *shared, const char *name)
{
    lat_error error = {0};
    lat_model *model = NULL;
    reference r = {0};
    char *folder = lat_format("%s/fixtures/encoder/%s", shared, name);
    char *path = lat_path_join(folder, "reference.json");
    CHECK_MSG(read_json(&r, path, &error), "%s", lat_error_message(&error));
    CHECK_MSG(lat_model_open(&model, folder, NULL, &error) == LAT_OK, "%s",
              lat_error_message(&error));
    if (model != NULL && r.root != NULL) {
        const lat_model_info *info = lat_model_get_info(model);
        const char *head = lat_json_get(r.root, "head")->string;
        static const char *const heads[] = {"base", "seq", "tok", "mlm"};
        CHECK_TEXT(heads[info->head], head);
        CHECK(info->max_tokens ==
              (size_t)lat_json_get(r.root, "max_tokens")->whole);
        read_inputs(&r, lat_json_get(r.root, "inputs"));
        outputs o = new_outputs(info, r.tokens);
        lat_states want = {.hidden = o.hidden, .logits = o.logits};
        CHECK_MSG(lat_model_forward(model, NULL, &r.batch, &want, &error) ==
                      LAT_OK, "%s", lat_error_message(&error));
        compare_all(info, &o, &r, name, folder);
        free_outputs(&o);
    }
    lat_model_close(model);
    close_reference(&r);
    lat_free(path);
    lat_free(folder);
}

/* ---- Trained models ----------------------------------------------------- */

/* Logits and the norm of each layer's states (all tokens of a sentence). */
static void check_sentence(lat_model *model, const outputs *o,
                           const reference *r, const lat_json *sentence,
                           size_t s, double *ours, double *theirs)
{
    const lat_model_info *info = lat_model_get_info(model);
    const lat_json *norms = lat_json_get(sentence, "hidden_norm_float64");
    const lat_json *logits = lat_json_get(sentence, "logits_float64");
    const lat_json *torch = lat_json_get(sentence, "logits_float32_torch");
    size_t first = r->batch.starts[s], end = r->batch.starts[s + 1];
    for (size_t l = 0; l <= info->layers; l++) {
        double sum = 0, ref = norms->items[l].number;
        for (size_t i = first * info->hidden; i < end * info->hidden; i++)
            sum += (double)o->hidden[l][i] * (double)o->hidden[l][i];
        /* A norm's error is at most the states'; PyTorch's is < 1e-6. */
        CHECK_MSG(fabs(sqrt(sum) - ref) <= 1e-6 * ref,
                  "sentence %zu layer %zu: norm %.9g, expected %.9g", s, l,
                  sqrt(sum), ref);
    }
    double off = 0, peer = 0, size = 0;
    for (size_t c = 0; c < info->classes; c++) {
        double ref = logits->items[c].number;
        double d = (double)o->logits[s * info->classes + c] - ref;
        off += d * d;
        d = torch->items[c].number - ref;
        peer += d * d;
        size += ref * ref;
    }
    ours[s] = sqrt(off / size);
    theirs[s] = sqrt(peer / size);
}

static void check_trained(const char *shared, const char *name)
{
    lat_error error = {0};
    lat_model *model = NULL;
    reference r = {0};
    char *folder = lat_format("%s/models/%s", shared, name);
    char *path = lat_path_join(folder, "REFERENCE.json");
    CHECK_MSG(read_json(&r, path, &error) &&
              lat_model_open(&model, folder, NULL, &error) == LAT_OK, "%s",
              lat_error_message(&error));
    if (model != NULL) {
        const lat_model_info *info = lat_model_get_info(model);
        const lat_json *list = lat_json_get(r.root, "sentences");
        read_inputs(&r, list);
        outputs o = new_outputs(info, r.tokens);
        lat_states want = {.hidden = o.hidden, .logits = o.logits};
        CHECK_MSG(lat_model_forward(model, NULL, &r.batch, &want, &error) ==
                      LAT_OK, "%s", lat_error_message(&error));
        double *ours = lat_new_array(list->size, sizeof *ours);
        double *theirs = lat_new_array(list->size, sizeof *theirs);
        for (size_t s = 0; s < list->size; s++)
            check_sentence(model, &o, &r, &list->items[s], s, ours, theirs);
        qsort(ours, list->size, sizeof *ours, by_size);
        qsort(theirs, list->size, sizeof *theirs, by_size);
        double median = quantile(ours, list->size, 0.5) /
                        quantile(theirs, list->size, 0.5);
        double high = quantile(ours, list->size, 0.99) /
                      quantile(theirs, list->size, 0.99);
        CHECK_MSG(median <= MEDIAN_BOUND && high <= HIGH_BOUND,
                  "%s: logits %.2f and %.2f times PyTorch's", name, median,
                  high);
        printf("  %-14s logits to PyTorch float32: median %.2f, 99th "
               "percentile %.2f\n", name, median, high);
        lat_free(ours);
        lat_free(theirs);
        free_outputs(&o);
    }
    lat_model_close(model);
    close_reference(&r);
    lat_free(path);
    lat_free(folder);
}

/* A published BERT of odd sizes; seven decimals of some of its states. */
static void check_rnabert(const char *shared)
{
    lat_error error = {0};
    lat_model *model = NULL;
    reference r = {0};
    char *folder = lat_format("%s/weights/rnabert", shared);
    char *path = lat_path_join(folder, "expected.json");
    CHECK_MSG(read_json(&r, path, &error) &&
              lat_model_open(&model, folder, NULL, &error) == LAT_OK, "%s",
              lat_error_message(&error));
    if (model != NULL) {
        const lat_model_info *info = lat_model_get_info(model);
        lat_json list = {.type = LAT_JSON_ARRAY, .size = 1,
                         .items = (lat_json *)r.root};
        CHECK(info->head == LAT_HEAD_MASKED_LM && info->classes == 6);
        read_inputs(&r, &list);
        outputs o = new_outputs(info, r.tokens);
        lat_states want = {.hidden = o.hidden};
        CHECK(lat_model_forward(model, NULL, &r.batch, &want, &error) ==
              LAT_OK);
        const lat_json *hidden = lat_json_get(r.root, "hidden");
        CHECK(hidden->size == info->layers + 1);
        double worst = 0;
        for (size_t l = 0; l < hidden->size; l++) {
            for (size_t i = 0; i < 16; i++) {
                size_t row = i < 8 ? 0 : 10;
                const lat_json *pos = lat_json_get(
                    &hidden->items[l], i < 8 ? "pos0" : "pos10");
                double d = (double)o.hidden[l][row * info->hidden + i % 8] -
                           pos->items[i % 8].number;
                worst = fabs(d) > worst ? fabs(d) : worst;
            }
        }
        /* Half of the last decimal, and float32's error after six layers:
         * 1e-6 of a row's norm, spread over 120 values. */
        CHECK_MSG(worst < 2e-6, "rnabert: off by %.3g", worst);
        printf("  %-14s worst difference: %.2g\n", "rnabert", worst);
        free_outputs(&o);
    }
    lat_model_close(model);
    close_reference(&r);
    lat_free(path);
    lat_free(folder);
}

int main(void)
{
    const char *shared = harness_shared();
    for (size_t i = 0; shared && i < sizeof fixtures / sizeof *fixtures; i++)
        check_fixture(shared, fixtures[i]);
    if (shared != NULL) {
        check_trained(shared, "minilm-sst2");
        check_trained(shared, "demo-sst2");
        check_trained(shared, "albert-sst2");
        check_rnabert(shared);
    }
    return harness_end("test_encoder_reference");
}
