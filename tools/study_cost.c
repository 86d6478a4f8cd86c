/*
 * study_cost.c - what a study will cost, before it starts: --dry-run tells
 * it, --memory is held against it.
 */
#include "study_int.h"

enum {
    TREE_BYTES = 32, /* linkage.npy, a row */
    LINE_BYTES = 28  /* concepts.txt, a line, about */
};

/* ---- Bytes -------------------------------------------------------------- */

enum {
    BLOCK_TOKENS = 16384, /* of a forward pass, about (reader.c) */
    GROUP = 1536          /* MiB of vectors held at once without --memory */
};

/* Models keep the work block of their passes. */
static uint64_t forward_memory(const study *s, size_t threads)
{
    uint64_t sum = 0;
    for (int side = 0; side < STUDY_SIDES; side++) {
        const lat_tokens *tokens = &s->tokens[side];
        size_t all = tokens->starts[tokens->sentences];
        size_t block = BLOCK_TOKENS + s->readers[side].info->max_tokens;
        sum += lat_model_workspace(s->readers[side].model, threads,
                                   all < block ? all : block);
    }
    return sum;
}

/* Of all layers; a line of the largest is written from a buffer. */
static uint64_t concepts_memory(const study *s)
{
    uint64_t one = (uint64_t)s->words.count * sizeof(lat_occurrence);
    return 2 * s->layer_count * one + 2 * one;
}

/* The sample of the words in all layers of both models, and CKA of it. */
static uint64_t cka_memory(const study *s)
{
    size_t h = s->readers[STUDY_TUNED].info->hidden;
    uint64_t sample = cli_count(s->call, "cka");
    if (sample > s->words.count)
        sample = s->words.count;
    return 2 * s->layer_count * sample * h * sizeof(float) +
           lat_cka_memory(h, h);
}

/* Parts of a forward pass are files anyway. */
static bool spills(const study *s)
{
    return s->options.spill != NULL && s->job.kind != STUDY_JOB_PART;
}

void study_cost_of(study_cost *out, const study *s)
{
    size_t threads = lat_pool_threads(cli_pool(s->call));
    size_t h = s->readers[STUDY_TUNED].info->hidden;
    uint64_t limit = (uint64_t)GROUP << 20, rest, later;
    out->vectors = (uint64_t)s->words.count * h * sizeof(float);
    out->clustering = clustering_memory(&s->options.how, s->words.count, h,
                                        s->options.k, threads);
    out->forward = forward_memory(s, threads);
    later = lat_memory_in_use() + out->forward + concepts_memory(s);
    rest = later + (s->job.kind == STUDY_JOB_PART ? 0 : out->clustering);
    later += s->job.kind == STUDY_JOB_ALL ? cka_memory(s) : 0;
    out->least = spills(s) ? rest : rest + out->vectors;
    if (later > out->least)
        out->least = later;
    if (s->options.memory != 0)
        limit = s->options.memory > rest ? s->options.memory - rest : 0;
    uint64_t most = out->vectors == 0 ? s->layer_count
                                      : limit / out->vectors;
    if (spills(s) || most > s->layer_count)
        most = s->layer_count;
    out->at_once = most == 0 ? 1 : (size_t)most;
}

lat_status study_afford(const study *s, lat_error *error)
{
    study_cost cost;
    study_cost_of(&cost, s);
    /* Models and corpus were opened without a limit, since only they tell
     * how much is needed. */
    uint64_t peak = lat_memory_peak();
    uint64_t need = cost.least > peak ? cost.least : peak;
    lat_status status =
        clustering_afford(s->call, need - lat_memory_in_use(), error);
    if (status != LAT_OK)
        return lat_error_in_file(error, s->options.data);
    if (s->options.memory != 0)
        lat_memory_limit((size_t)s->options.memory);
    return LAT_OK;
}

/* ---- Told --------------------------------------------------------------- */

void study_say_seconds(const study *s, const char *step, double before)
{
    if (cli_given(s->call, "verbose"))
        cli_say(s->call, "%s: %.2f s of CPU time", step,
                lat_cpu_seconds() - before);
}

static void put(lat_buffer *out, const char *name, uint64_t value)
{
    lat_buffer_format(out, "%s\t%llu\n", name, (unsigned long long)value);
}

lat_status study_dry_run(study *s, lat_error *error)
{
    study_cost cost;
    study_cost_of(&cost, s);
    uint64_t now = lat_memory_in_use();
    uint64_t layers = 2 * (uint64_t)s->layer_count;
    size_t passes = (s->layer_count + cost.at_once - 1) / cost.at_once;
    bool tree = s->options.how.method == CLUSTERING_WARD;
    lat_buffer text = {0};
    put(&text, "sentences", s->corpus.count);
    put(&text, "words", s->words.total);
    put(&text, "words_kept", s->words.count);
    put(&text, "types_kept", s->words.kept_types);
    put(&text, "layers", s->layer_count);
    put(&text, "bytes_now", now);
    put(&text, "bytes_vectors_a_layer", cost.vectors);
    put(&text, "bytes_clustering", cost.clustering);
    put(&text, "bytes_forward", cost.forward);
    put(&text, "bytes_least", cost.least);
    put(&text, "bytes_disk",
        layers * s->words.count *
            (uint64_t)(LINE_BYTES + (tree ? TREE_BYTES : 0)));
    put(&text, "bytes_spill",
        s->options.spill == NULL ? 0 : s->layer_count * cost.vectors);
    put(&text, "forward_passes", passes);
    lat_status status = study_put_seconds(s, passes, &text, error);
    if (status == LAT_OK)
        return cli_print(&text, error);
    lat_buffer_free(&text);
    return status;
}
