/*
 * verb_cluster.c - clusters of the rows of an npy file.
 */
#include "../align/align.h"
#include "clustering_int.h"
#include "verbs_int.h"

#include <string.h>

static const cli_option options[] = {
    {"linkage", 0, CLI_TEXT, "Z.npy",
     "the tree as SciPy's Z (float64, N-1 x 4)", NULL},
    OPTIONS_METHOD,
    {"k", 0, CLI_TEXT, "LIST", "cuts, such as 10,100 or 50-60", "600"},
    {"heights", 0, CLI_MANY, "H",
     "cut here: print how many clusters merges up to this height leave",
     NULL},
    {"tree", 0, CLI_TEXT, "Z.npy",
     "cut this tree, such as a study's linkage.npy, in place of points",
     NULL},
    {"newick", 0, CLI_TEXT, "FILE", "the tree in Newick form", NULL},
    {"r-tree", 0, CLI_TEXT, "FILE",
     "the tree for R: hc <- dget(FILE) is an hclust", NULL},
    {"seed", 0, CLI_COUNT, "N", "kmeans: seed of the first centres", "1"},
    {"checkpoint", 0, CLI_TEXT, "FILE",
     "ward: keep what is done here, once in 45 s (at most 550 bytes a "
     "point), and go on from it", NULL},
    {"memory", 0, CLI_BYTES, "SIZE", "most memory to use, such as 4G", NULL},
    {"labels", 0, CLI_TEXT, "FILE",
     "table of labels, one column k=K or h=H for each cut", NULL},
    {"words", 0, CLI_TEXT, "FILE",
     "words.tsv of the points (as `latent extract` writes it)", NULL},
    {"concepts", 0, CLI_TEXT, "FILE",
     "the cut's clusters in ConceptX form; needs --words and one cut", NULL},
    {0}};

/* Into k clusters; of a height: `name` as it was given, k when the tree is
 * there. */
typedef struct cluster_cut {
    size_t k;
    const char *name;
    double height;
} cluster_cut;

typedef struct cluster_state {
    lat_npy npy; /* of the points, until they are read */
    float *points;
    size_t n, h;
    clustering_how how;
    lat_tree tree; /* Ward's, where there is one */
    cluster_cut *cuts;
    size_t cut_count;
    uint32_t *labels; /* cut_count x n */
} cluster_state;

static lat_status open_points(cluster_state *s, const char *path,
                              lat_error *error)
{
    lat_status status = lat_npy_open(&s->npy, path, error);
    if (status != LAT_OK)
        return status;
    if (s->npy.dims != 2) {
        lat_error_set(error, LAT_MALFORMED,
                      "the array has %zu dimensions, expected 2 (points x "
                      "width)",
                      s->npy.dims);
        return lat_error_in_file(error, path);
    }
    s->n = s->npy.shape[0];
    s->h = s->npy.shape[1];
    if (s->n == 0) {
        lat_error_set(error, LAT_OUT_OF_RANGE,
                      "the array holds no points, expected at least one");
        return lat_error_in_file(error, path);
    }
    return LAT_OK;
}

/* Once it is clear that all the rest will fit in --memory. */
static lat_status read_points(cli_call *call, cluster_state *s,
                              lat_error *error)
{
    size_t count = s->n * s->h; /* checked when the file was opened */
    size_t k = 1;
    for (size_t i = 0; i < s->cut_count; i++)
        k = s->cuts[i].k > k ? s->cuts[i].k : k;
    uint64_t need = (uint64_t)count * sizeof *s->points +
                    (uint64_t)s->cut_count * s->n * sizeof *s->labels +
                    clustering_memory(&s->how, s->n, s->h, k,
                                      lat_pool_threads(cli_pool(call)));
    lat_status status = clustering_afford(call, need, error);
    if (status != LAT_OK)
        return status;
    s->points = lat_new_array(count, sizeof *s->points);
    if (s->points == NULL)
        return lat_error_memory(error, (uint64_t)count * 4);
    lat_npy_floats(s->points, &s->npy);
    lat_npy_close(&s->npy);
    return LAT_OK;
}

static lat_status write_labels(const cluster_state *s, const char *path,
                               lat_error *error)
{
    lat_buffer text = {0};
    for (size_t i = 0; i < s->cut_count; i++) {
        lat_buffer_text(&text, i == 0 ? "" : "\t");
        if (s->cuts[i].name != NULL)
            lat_buffer_format(&text, "h=%s", s->cuts[i].name);
        else
            lat_buffer_format(&text, "k=%zu", s->cuts[i].k);
    }
    lat_buffer_char(&text, '\n');
    for (size_t p = 0; p < s->n; p++)
        for (size_t i = 0; i < s->cut_count; i++)
            lat_buffer_format(&text, "%u%c", s->labels[i * s->n + p],
                              i + 1 == s->cut_count ? '\n' : '\t');
    lat_status status = lat_buffer_status(&text, error);
    if (status == LAT_OK)
        status = lat_file_write(path, text.data, text.size, error);
    lat_buffer_free(&text);
    return status;
}

/* One cell of words.tsv as a number. */
static lat_status cell_number(uint64_t *out, const lat_table *table,
                              size_t row, size_t column, lat_error *error)
{
    const char *cell = table->cells[row * table->columns + column];
    if (lat_integer_read(cell, strlen(cell), out) && *out <= INT32_MAX)
        return LAT_OK;
    return lat_error_at_line(error, LAT_MALFORMED, table->lines[row],
                             "%s is '%.40s', expected a whole number",
                             table->names[column], cell);
}

static lat_status read_words(lat_occurrence *out, lat_intern *words,
                             const lat_table *table, size_t n,
                             lat_error *error)
{
    static const char *const names[] = {"word", "n", "sentence", "position"};
    size_t columns[4];
    for (size_t i = 0; i < 4; i++) {
        columns[i] = lat_table_column(table, names[i]);
        if (columns[i] == table->columns)
            return lat_error_at_line(error, LAT_NOT_FOUND, 1,
                                     "no column '%s' in the header",
                                     names[i]);
    }
    if (table->rows != n)
        return lat_error_set(error, LAT_OUT_OF_RANGE,
                             "%zu words for %zu points", table->rows, n);
    for (size_t r = 0; r < n; r++) {
        uint64_t values[4] = {0};
        for (size_t i = 1; i < 4; i++) {
            lat_status status =
                cell_number(&values[i], table, r, columns[i], error);
            if (status != LAT_OK)
                return status;
        }
        const char *word = table->cells[r * table->columns + columns[0]];
        size_t number = lat_intern_add(words, word, strlen(word));
        if (number == SIZE_MAX)
            return lat_error_memory(error, strlen(word));
        out[r] = (lat_occurrence){.word = (uint32_t)number,
                                  .number = (uint32_t)values[1],
                                  .sentence = (uint32_t)values[2],
                                  .position = (int32_t)values[3]};
    }
    return LAT_OK;
}

static lat_status write_concepts(const cluster_state *s, const char *words,
                                 const char *path, lat_error *error)
{
    lat_table table = {0};
    lat_concepts concepts = {0};
    lat_occurrence *occurrences = NULL;
    lat_intern *set = NULL;
    lat_status status = lat_table_open(&table, words, error);
    if (status != LAT_OK)
        return status;
    occurrences = lat_new_array(s->n, sizeof *occurrences);
    if (occurrences == NULL)
        status = lat_error_memory(error, s->n * sizeof *occurrences);
    if (status == LAT_OK)
        status = lat_intern_create(&set, error);
    if (status == LAT_OK) {
        status = read_words(occurrences, set, &table, s->n, error);
        if (status != LAT_OK)
            lat_error_in_file(error, words);
    }
    if (status == LAT_OK)
        status = lat_concepts_make(&concepts, occurrences, s->labels, s->n,
                                   set, error);
    if (status == LAT_OK)
        status = lat_concepts_write(&concepts, path, NULL, error);
    lat_concepts_free(&concepts);
    lat_intern_free(set);
    lat_free(occurrences);
    lat_table_free(&table);
    return status;
}

static lat_status check_options(const cli_call *call,
                                const clustering_how *how, lat_error *error)
{
    bool tree = cli_given(call, "linkage") || cli_given(call, "newick") ||
                cli_given(call, "r-tree") || cli_given(call, "heights");
    if ((cli_arguments(call) == 0) != cli_given(call, "tree"))
        return lat_error_set(error, LAT_USAGE,
                             "cluster needs POINTS.npy or --tree, one of "
                             "them");
    if (tree && how->method != CLUSTERING_WARD)
        return lat_error_set(error, LAT_USAGE,
                             "%s makes no tree: --linkage, --newick, "
                             "--r-tree and --heights need --method ward",
                             clustering_names[how->method]);
    if (cli_given(call, "tree") && how->method != CLUSTERING_WARD)
        return lat_error_set(error, LAT_USAGE,
                             "%s needs the points: a tree can only be cut",
                             clustering_names[how->method]);
    if (!tree && !cli_given(call, "labels") && !cli_given(call, "concepts"))
        return lat_error_set(error, LAT_USAGE,
                             "nothing to write: give --linkage, --labels, "
                             "--concepts, --newick or --r-tree");
    if (cli_given(call, "concepts") && !cli_given(call, "words"))
        return lat_error_set(error, LAT_USAGE,
                             "--concepts needs --words, the points' words");
    return LAT_OK;
}

/* ---- Cuts --------------------------------------------------------------- */

/* The numbers of --k.  Heights alone leave its default out. */
static lat_status read_numbers(const cli_call *call, size_t **out,
                               size_t *count, size_t n, lat_error *error)
{
    const char *list = cli_text(call, "k");
    if (cli_given(call, "heights") && !cli_given(call, "k"))
        return LAT_OK;
    lat_status status = lat_range_read(out, count, list, n, error);
    if (status == LAT_OUT_OF_RANGE)
        lat_error_clear(error);
    if (status == LAT_OUT_OF_RANGE ||
        (status == LAT_OK && (*count == 0 || (*out)[0] == 0)))
        status = lat_error_set(error, LAT_OUT_OF_RANGE,
                               "--k is '%s', expected 1 to %zu (the number "
                               "of points)",
                               list, n);
    return status;
}

static lat_status read_cuts(const cli_call *call, cluster_state *s,
                            lat_error *error)
{
    const char *const *heights = NULL;
    size_t *numbers = NULL, count = 0;
    size_t high = cli_many(call, "heights", &heights);
    lat_status status = read_numbers(call, &numbers, &count, s->n, error);
    if (status == LAT_OK && cli_given(call, "concepts") && count + high != 1)
        status = lat_error_set(error, LAT_USAGE,
                               "--concepts needs one cut, --k and --heights "
                               "give %zu",
                               count + high);
    if (status == LAT_OK)
        s->cuts = lat_new_array(count + high, sizeof *s->cuts);
    if (status == LAT_OK && s->cuts == NULL)
        status = lat_error_memory(error, (count + high) * sizeof *s->cuts);
    for (size_t i = 0; i < count && status == LAT_OK; i++)
        s->cuts[s->cut_count++] = (cluster_cut){.k = numbers[i]};
    for (size_t i = 0; i < high && status == LAT_OK; i++) {
        cluster_cut *cut = &s->cuts[s->cut_count++];
        cut->name = heights[i];
        if (!lat_number_read(heights[i], strlen(heights[i]), &cut->height))
            status = lat_error_set(error, LAT_USAGE,
                                   "--heights is '%.40s', expected a decimal "
                                   "number",
                                   heights[i]);
    }
    lat_free(numbers);
    return status;
}

static lat_status make_cuts(cli_call *call, cluster_state *s,
                            lat_error *error)
{
    const clustering_points points = {s->points, s->n, s->h};
    s->labels = lat_new_array(s->cut_count, s->n * sizeof *s->labels);
    if (s->labels == NULL)
        return lat_error_memory(error, (uint64_t)s->cut_count * s->n * 4);
    for (size_t i = 0; i < s->cut_count; i++) {
        clustering_quality quality;
        lat_status status = clustering_cut(
            s->labels + i * s->n, &quality, call, &s->how, &points, &s->tree,
            s->cuts[i].k, error);
        if (status != LAT_OK)
            return status;
        clustering_say(call, "", &quality);
    }
    return LAT_OK;
}

/* Heights become numbers of clusters, which are told. */
static lat_status count_heights(cluster_state *s, lat_error *error)
{
    lat_buffer text = {0};
    for (size_t i = 0; i < s->cut_count; i++) {
        cluster_cut *cut = &s->cuts[i];
        if (cut->name == NULL)
            continue;
        cut->k = lat_tree_count_at(&s->tree, cut->height);
        lat_buffer_format(&text, "%s\t%zu\n", cut->name, cut->k);
    }
    return cli_print(&text, error);
}

/* ---- The tree ----------------------------------------------------------- */

static lat_status make_tree(cli_call *call, cluster_state *s,
                            lat_error *error)
{
    const clustering_points points = {s->points, s->n, s->h};
    lat_status status =
        clustering_tree(&s->tree, call, &s->how, &points,
                        cli_text(call, "checkpoint"), error);
    if (status == LAT_OK && clustering_has_tree(&s->how))
        cli_say(call,
                "%zu points, %zu dimensions: %llu duplicates, %llu ties",
                s->n, s->h, (unsigned long long)s->tree.duplicates,
                (unsigned long long)s->tree.ties);
    return status;
}

static lat_status write_tree(const cli_call *call, const cluster_state *s,
                             lat_error *error)
{
    lat_status status = LAT_OK;
    if (cli_given(call, "linkage"))
        status = lat_tree_write(&s->tree, cli_text(call, "linkage"), NULL,
                                error);
    if (status == LAT_OK && cli_given(call, "newick"))
        status = lat_tree_write_newick(&s->tree, NULL,
                                       cli_text(call, "newick"), NULL, error);
    if (status == LAT_OK && cli_given(call, "r-tree"))
        status = lat_tree_write_r(&s->tree, cli_text(call, "r-tree"), NULL,
                                  error);
    return status;
}

static lat_status read_tree(cluster_state *s, const char *path,
                            lat_error *error)
{
    lat_status status = lat_tree_read(&s->tree, path, error);
    s->n = s->tree.points;
    return status;
}

static lat_status run(cli_call *call, lat_error *error)
{
    cluster_state s = {0};
    const char *tree = cli_text(call, "tree");
    const char *path = tree != NULL ? tree : cli_argument(call, 0);
    bool labels = cli_given(call, "labels") || cli_given(call, "concepts");
    if (cli_given(call, "memory"))
        lat_memory_limit((size_t)cli_count(call, "memory"));
    lat_status status = clustering_read(&s.how, call, 0, error);
    if (status == LAT_OK)
        status = check_options(call, &s.how, error);
    if (status == LAT_OK)
        status = tree != NULL ? read_tree(&s, path, error)
                              : open_points(&s, path, error);
    if (status == LAT_OK && (labels || cli_given(call, "heights")))
        status = read_cuts(call, &s, error);
    if (status == LAT_OK && tree == NULL)
        status = read_points(call, &s, error);
    if (status == LAT_OK && tree == NULL) {
        status = make_tree(call, &s, error);
        if (status != LAT_OK)
            lat_error_in_file(error, path);
    }
    if (status == LAT_OK)
        status = count_heights(&s, error);
    if (status == LAT_OK && labels)
        status = make_cuts(call, &s, error);
    if (status == LAT_OK)
        status = write_tree(call, &s, error);
    if (status == LAT_OK && cli_given(call, "labels"))
        status = write_labels(&s, cli_text(call, "labels"), error);
    if (status == LAT_OK && cli_given(call, "concepts"))
        status = write_concepts(&s, cli_text(call, "words"),
                                cli_text(call, "concepts"), error);
    lat_npy_close(&s.npy);
    lat_tree_free(&s.tree);
    lat_free(s.points);
    lat_free(s.cuts);
    lat_free(s.labels);
    return status;
}

const cli_verb verb_cluster = {
    .name = "cluster",
    .summary = "exact Ward tree and cuts of the rows of an npy file",
    .forms = "latent cluster POINTS.npy --linkage Z.npy "
             "[--k 10,100 --labels L.tsv]\n"
             "latent cluster POINTS.npy --method kmeans|leaders --k 100 "
             "--labels L.tsv\n"
             "latent cluster POINTS.npy --k 600 --words words.tsv "
             "--concepts C.txt\n"
             "latent cluster --tree Z.npy --k 10,100 --labels L.tsv",
    .examples = "latent cluster layer-06.npy --linkage Z.npy --k 100,600 "
                "--labels L.tsv\n"
                "latent cluster --tree study/tuned/layer-06/linkage.npy "
                "--k 300 \\\n"
                "    --words study/words.tsv --concepts C.txt",
    .notes = "Height of a merge of A and B = sqrt(2|A||B|/(|A|+|B|)) times "
             "the distance of their\ncentroids (SciPy's ward, R's ward.D2). "
             " Clusters of a cut are numbered by first\nappearance.\n"
             "--tree cuts a tree that was made before, at no cost; its "
             "concepts go into `latent\nalign`, `label` and `polarity`.",
    .options = options,
    .most = 1,
    .run = run};
