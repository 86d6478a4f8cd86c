/*
 * test_encoder.c - one forward pass and all the ways to ask for it.
 *
 * The same bits whatever the threads, the batch, the CPU level and the rows
 * asked for; batches that break the rules; memory that runs out.
 */
#include "tiny_model.h"
#include "../../../model/encoder_int.h"

static char folder[] = "/tmp/latent-encoder-XXXXXX";

#define L 3
#define H 24
#define V 50
#define MOST 40 /* positions */

static const char *const config =
    "{\"model_type\":\"bert\",\"vocab_size\":50,\"hidden_size\":24,"
    "\"num_hidden_layers\":3,\"num_attention_heads\":3,"
    "\"intermediate_size\":40,\"max_position_embeddings\":40,"
    "\"architectures\":[\"%s\"]}";

/* A corpus of sequences of all lengths, seeded. */
typedef struct corpus {
    lat_batch batch;
    uint32_t *ids, *types;
    size_t *starts;
    size_t tokens;
} corpus;

static corpus make_corpus(size_t sequences, size_t longest)
{
    corpus c = {0};
    uint64_t seed = 99;
    c.starts = lat_new_array(sequences + 1, sizeof *c.starts);
    c.ids = lat_new_array(sequences * longest, sizeof *c.ids);
    c.types = lat_new_array(sequences * longest, sizeof *c.types);
    for (size_t s = 0; s < sequences; s++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        size_t size = 1 + (size_t)(seed >> 33) % longest;
        for (size_t i = 0; i < size; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            c.ids[c.tokens] = (uint32_t)(seed >> 33) % V;
            c.types[c.tokens++] = i > size / 2;
        }
        c.starts[s + 1] = c.tokens;
    }
    c.batch = (lat_batch){.sequences = sequences, .ids = c.ids,
                          .types = c.types, .starts = c.starts};
    return c;
}

static void free_corpus(corpus *c)
{
    lat_free(c->ids);
    lat_free(c->types);
    lat_free(c->starts);
}

/* All hidden states and the logits, one block after the other. */
typedef struct result {
    float *hidden[L + 1];
    float *logits;
    size_t tokens, logit_count;
} result;

static result new_result(size_t tokens, size_t logit_count)
{
    result r = {.tokens = tokens, .logit_count = logit_count};
    for (size_t l = 0; l <= L; l++)
        r.hidden[l] = lat_new_array(tokens * H, sizeof(float));
    r.logits = lat_new_array(logit_count, sizeof(float));
    return r;
}

static void free_result(result *r)
{
    for (size_t l = 0; l <= L; l++)
        lat_free(r->hidden[l]);
    lat_free(r->logits);
}

static bool same(const result *a, const result *b)
{
    for (size_t l = 0; l <= L; l++) {
        if (memcmp(a->hidden[l], b->hidden[l],
                   a->tokens * H * sizeof(float)) != 0)
            return false;
    }
    return memcmp(a->logits, b->logits, a->logit_count * sizeof(float)) == 0;
}

static void forward(lat_model *model, lat_pool *pool, const lat_batch *batch,
                    const lat_states *want)
{
    lat_error error = {0};
    CHECK_MSG(lat_model_forward(model, pool, batch, want, &error) == LAT_OK,
              "%s", lat_error_message(&error));
}

static void write_model(const char *class_name, bool coarse)
{
    tiny t = {.prefix = "bert.", .layers = L, .hidden = H,
              .feed_forward = 40, .vocabulary = V, .positions = MOST,
              .seed = 3, .coarse = coarse};
    char text[400];
    tiny_bert(&t);
    tiny_linear(&t, "", "classifier", 2, H);
    tiny_linear(&t, "", "cls.predictions.transform.dense", H, H);
    tiny_norm(&t, "", "cls.predictions.transform.LayerNorm");
    tiny_add(&t, "", "cls.predictions.bias", V, 0);
    snprintf(text, sizeof text, config, class_name);
    tiny_write(&t, folder, text);
}

static lat_model *open_model(const char *class_name)
{
    lat_error error = {0};
    lat_model *model = NULL;
    write_model(class_name, false);
    CHECK_MSG(lat_model_open(&model, folder, NULL, &error) == LAT_OK, "%s",
              lat_error_message(&error));
    return model;
}

static size_t logit_rows(const lat_model *model, const lat_batch *batch)
{
    return lat_model_get_info(model)->head == LAT_HEAD_SEQUENCE
               ? batch->sequences : batch->starts[batch->sequences];
}

/* ---- Same bits ---------------------------------------------------------- */

static void check_threads(lat_model *model, const corpus *c,
                          const result *expected)
{
    static const size_t threads[] = {2, 3, 7};
    lat_error error = {0};
    for (size_t i = 0; i < 3; i++) {
        lat_pool *pool = NULL;
        CHECK(lat_pool_create(&pool, threads[i], &error) == LAT_OK);
        result r = new_result(c->tokens, expected->logit_count);
        forward(model, pool, &c->batch,
                &(lat_states){.hidden = r.hidden, .logits = r.logits});
        CHECK_MSG(same(&r, expected), "%zu threads", threads[i]);
        free_result(&r);
        lat_pool_free(pool);
    }
}

/* One sequence at a time, by one thread and by two. */
static void check_alone(lat_model *model, const corpus *c,
                        const result *expected)
{
    lat_error error = {0};
    lat_pool *pool = NULL;
    size_t classes = lat_model_get_info(model)->classes;
    bool sequence =
        lat_model_get_info(model)->head == LAT_HEAD_SEQUENCE;
    CHECK(lat_pool_create(&pool, 2, &error) == LAT_OK);
    result r = new_result(c->tokens, expected->logit_count);
    for (size_t s = 0; s < c->batch.sequences; s++) {
        size_t first = c->starts[s];
        size_t starts[] = {0, c->starts[s + 1] - first};
        lat_batch one = {.sequences = 1, .ids = c->ids + first,
                         .types = c->types + first, .starts = starts};
        float *hidden[L + 1];
        for (size_t l = 0; l <= L; l++)
            hidden[l] = r.hidden[l] + first * H;
        float *logits = r.logits + (sequence ? s : first) * classes;
        forward(model, s % 2 ? pool : NULL, &one,
                &(lat_states){.hidden = hidden, .logits = logits});
    }
    CHECK_MSG(same(&r, expected), "one sequence at a time");
    free_result(&r);
    lat_pool_free(pool);
}

static void check_levels(lat_model *model, const corpus *c,
                         const result *expected)
{
    static const char *const names[] = {"plain", "avx2", "avx512", "neon"};
    const lat_kernels *best = model->kernels;
    for (size_t i = 0; i < 4; i++) {
        const lat_kernels *kernels = lat_kernels_named(names[i]);
        if (kernels == NULL)
            continue;
        model->kernels = kernels;
        result r = new_result(c->tokens, expected->logit_count);
        forward(model, NULL, &c->batch,
                &(lat_states){.hidden = r.hidden, .logits = r.logits});
        CHECK_MSG(same(&r, expected), "level %s", names[i]);
        free_result(&r);
    }
    model->kernels = best;
}

/* Every third row, and a single layer: the rest is not even allocated. */
static void check_rows(lat_model *model, const corpus *c,
                       const result *expected, size_t layer, bool logits)
{
    size_t count = (c->tokens + 2) / 3;
    size_t classes = lat_model_get_info(model)->classes;
    size_t *rows = lat_new_array(count, sizeof *rows);
    float *hidden[L + 1] = {NULL};
    float *got = lat_new_array(expected->logit_count, sizeof *got);
    bool sequence =
        lat_model_get_info(model)->head == LAT_HEAD_SEQUENCE;
    for (size_t i = 0; i < count; i++)
        rows[i] = 3 * i;
    hidden[layer] = lat_new_array(count * H, sizeof(float));
    lat_states want = {.hidden = hidden, .rows = rows, .row_count = count,
                       .logits = logits ? got : NULL,
                       .logit_rows = sequence ? NULL : rows,
                       .logit_row_count = count};
    forward(model, NULL, &c->batch, &want);
    size_t wrong = 0;
    for (size_t i = 0; i < count; i++) {
        wrong += memcmp(hidden[layer] + i * H,
                        expected->hidden[layer] + rows[i] * H,
                        H * sizeof(float)) != 0;
        if (logits && !sequence)
            wrong += memcmp(got + i * classes,
                            expected->logits + rows[i] * classes,
                            classes * sizeof *got) != 0;
    }
    if (logits && sequence)
        wrong += memcmp(got, expected->logits,
                        expected->logit_count * sizeof *got) != 0;
    CHECK_MSG(wrong == 0, "layer %zu: %zu rows differ", layer, wrong);
    lat_free(hidden[layer]);
    lat_free(rows);
    lat_free(got);
}

static void check_head(const char *class_name, lat_head head)
{
    lat_model *model = open_model(class_name);
    if (model == NULL)
        return;
    corpus c = make_corpus(50, MOST);
    const lat_model_info *info = lat_model_get_info(model);
    CHECK(info->head == head && info->max_tokens == MOST);
    result r = new_result(c.tokens,
                          logit_rows(model, &c.batch) * info->classes);
    forward(model, NULL, &c.batch,
            &(lat_states){.hidden = r.hidden, .logits = r.logits});
    check_threads(model, &c, &r);
    check_alone(model, &c, &r);
    check_levels(model, &c, &r);
    for (size_t l = 0; l <= L; l++) {
        check_rows(model, &c, &r, l, false);
        check_rows(model, &c, &r, l, true);
    }
    free_result(&r);
    free_corpus(&c);
    lat_model_close(model);
}

/* Half-size weights are widened while they are used: the same bits as
 * weights that were float32 all along. */
static void check_half(const char *class_name)
{
    lat_error error = {0};
    lat_model *wide = NULL, *half = NULL;
    lat_convert_report report;
    lat_pool *pool = NULL;
    char *path = lat_path_join(folder, "half.gguf");
    write_model(class_name, true);
    CHECK(lat_model_open(&wide, folder, NULL, &error) == LAT_OK);
    CHECK(lat_model_convert(&report, folder, path, "bf16", &error) ==
          LAT_OK);
    CHECK_MSG(lat_model_open(&half, path, NULL, &error) == LAT_OK, "%s",
              lat_error_message(&error));
    CHECK(lat_pool_create(&pool, 3, &error) == LAT_OK);
    if (wide != NULL && half != NULL) {
        CHECK(wide->layers->up.panels != NULL);
        CHECK(half->layers->up.panels == NULL);
        corpus c = make_corpus(50, MOST);
        size_t count = logit_rows(wide, &c.batch) * wide->info.classes;
        result a = new_result(c.tokens, count), b = new_result(c.tokens,
                                                               count);
        forward(wide, NULL, &c.batch,
                &(lat_states){.hidden = a.hidden, .logits = a.logits});
        for (size_t i = 0; i < 2; i++) {
            forward(half, i == 0 ? NULL : pool, &c.batch,
                    &(lat_states){.hidden = b.hidden, .logits = b.logits});
            CHECK_MSG(same(&a, &b), "%s: half-size weights", class_name);
        }
        free_result(&a);
        free_result(&b);
        free_corpus(&c);
    }
    lat_model_close(wide);
    lat_model_close(half);
    lat_pool_free(pool);
    unlink(path);
    lat_free(path);
}

/* ---- Batches that break the rules --------------------------------------- */

static void refuse(lat_model *model, lat_batch batch, lat_states want,
                   lat_status status, const char *words)
{
    lat_error error = {0};
    lat_status got = lat_model_forward(model, NULL, &batch, &want, &error);
    CHECK_MSG(got == status, "%s: %s", words, lat_status_name(got));
    CHECK_MSG(strstr(error.text, words) != NULL, "\"%s\" not in \"%s\"",
              words, error.text);
}

static void check_batches(void)
{
    lat_model *model = open_model("BertModel");
    float row[4 * H], *hidden[L + 1] = {NULL, NULL, NULL, row};
    uint32_t ids[MOST + 1] = {1, 2, 3, 4}, types[4] = {0, 1, 1, 0};
    size_t starts[] = {0, 2, 4}, rows[] = {1, 1};
    lat_batch good = {.sequences = 2, .ids = ids, .types = types,
                      .starts = starts}, batch = good;
    lat_states want = {.hidden = hidden};
    forward(model, NULL, &good, &want);
    ids[3] = V;
    refuse(model, good, want, LAT_OUT_OF_RANGE, "token 1 of sequence 1");
    ids[3] = 4;
    types[2] = 2;
    refuse(model, good, want, LAT_OUT_OF_RANGE, "token 0 of sequence 1");
    types[2] = 1;
    batch.starts = (size_t[]){0, 2, 2};
    refuse(model, batch, want, LAT_OUT_OF_RANGE, "sequence 1 has no tokens");
    batch.starts = (size_t[]){0, 2, 1};
    refuse(model, batch, want, LAT_OUT_OF_RANGE, "sequence 1 has no tokens");
    batch.starts = (size_t[]){1, 2, 3};
    refuse(model, batch, want, LAT_OUT_OF_RANGE, "starts at 1");
    batch.starts = (size_t[]){0, MOST + 1};
    batch.sequences = 1;
    batch.types = NULL;
    refuse(model, batch, want, LAT_OUT_OF_RANGE, "at most 40");
    want.rows = rows;
    want.row_count = 2;
    refuse(model, good, want, LAT_OUT_OF_RANGE, "wanted row 1");
    rows[1] = 4;
    refuse(model, good, want, LAT_OUT_OF_RANGE, "wanted row 4");
    want = (lat_states){.logits = row};
    refuse(model, good, want, LAT_USAGE, "no head");
    /* Nothing wanted, nothing there: nothing to do. */
    forward(model, NULL, &good, &(lat_states){0});
    forward(model, NULL, &(lat_batch){0}, &(lat_states){.hidden = hidden});
    lat_model_close(model);
}

/* ---- Memory ------------------------------------------------------------- */

/* Opening and running with every allocation failing in its turn. */
static void check_memory(void)
{
    lat_model_close(open_model("BertForSequenceClassification"));
    corpus c = make_corpus(5, 8);
    float *logits = lat_new_array(5 * 2, sizeof *logits);
    size_t rows[] = {0, 2}, before = lat_memory_in_use();
    float *hidden[L + 1] = {NULL};
    hidden[L] = logits;
    for (uint64_t n = 1;; n++) {
        lat_model *model = NULL;
        lat_error error = {0};
        lat_states want = {.rows = rows, .row_count = 0, .hidden = hidden,
                           .logits = logits};
        uint64_t calls = lat_memory_allocations();
        lat_memory_fail_at(n, false);
        lat_status status = lat_model_open(&model, folder, NULL, &error);
        CHECK((status == LAT_OK) == (model != NULL));
        if (status == LAT_OK)
            status = lat_model_forward(model, NULL, &c.batch, &want, &error);
        lat_memory_fail_at(0, false);
        lat_model_close(model);
        CHECK_MSG(lat_memory_in_use() == before, "leak at allocation %llu",
                  (unsigned long long)n);
        if (lat_memory_allocations() - calls < n)
            break;
        CHECK_MSG(status == LAT_NO_MEMORY, "allocation %llu: %s",
                  (unsigned long long)n, lat_status_name(status));
        if (n > 2000) {
            CHECK_MSG(false, "allocations without end");
            break;
        }
    }
    lat_free(logits);
    free_corpus(&c);
}

/* The promise of lat_model_workspace. */
static void check_workspace(void)
{
    lat_error error = {0};
    for (size_t threads = 1; threads <= 4; threads += 3) {
        lat_model *model = open_model("BertForMaskedLM");
        lat_pool *pool = NULL;
        corpus c = make_corpus(60, MOST);
        result r = new_result(c.tokens, c.tokens * V);
        CHECK(lat_pool_create(&pool, threads, &error) == LAT_OK);
        size_t said = lat_model_workspace(model, threads, c.tokens);
        lat_memory_limit(lat_memory_in_use() + said);
        forward(model, pool, &c.batch,
                &(lat_states){.hidden = r.hidden, .logits = r.logits});
        lat_memory_limit(0);
        lat_pool_free(pool);
        free_result(&r);
        free_corpus(&c);
        lat_model_close(model);
    }
}

static void check_compatible(void)
{
    lat_error error = {0};
    lat_model *a = open_model("BertModel");
    lat_model *b = open_model("BertForMaskedLM");
    CHECK(lat_model_compatible(a, b, &error) == LAT_OK);
    b->info.vocabulary++;
    CHECK(lat_model_compatible(a, b, &error) == LAT_OUT_OF_RANGE);
    CHECK(strstr(error.text, "vocabulary size 50") != NULL);
    b->info.layers++;
    lat_error_clear(&error);
    CHECK(lat_model_compatible(a, b, &error) == LAT_OUT_OF_RANGE);
    CHECK(strstr(error.text, "layers 3") != NULL);
    lat_model_close(a);
    lat_model_close(b);
}

int main(void)
{
    CHECK(mkdtemp(folder) != NULL);
    check_head("BertForSequenceClassification", LAT_HEAD_SEQUENCE);
    check_head("BertForTokenClassification", LAT_HEAD_TOKEN);
    check_head("BertForMaskedLM", LAT_HEAD_MASKED_LM);
    check_half("BertForSequenceClassification");
    check_half("BertForMaskedLM");
    check_batches();
    check_workspace();
    check_memory();
    check_compatible();
    tiny_remove(folder);
    CHECK(lat_memory_in_use() == 0);
    return harness_end("test_encoder");
}
