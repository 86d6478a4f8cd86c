/*
 * verb_cluster.c - clusters of the rows of an npy file.
 */
#include "../align/align.h"
#include "../cluster/cluster.h"
#include "verbs_int.h"

#include <string.h>

static const cli_option options[] = {
    {"linkage", 0, CLI_TEXT, "Z.npy",
     "the tree as SciPy's Z (float64, N-1 x 4)", NULL},
    {"method", 0, CLI_TEXT, "METHOD",
     "ward (exact), kmeans, or leaders (then Ward on them)", "ward"},
    {"k", 0, CLI_TEXT, "LIST", "cuts, such as 10,100 or 50-60", "600"},
    {"heights", 0, CLI_MANY, "H",
     "print how many clusters merges up to this height leave", NULL},
    {"newick", 0, CLI_TEXT, "FILE", "the tree in Newick form", NULL},
    {"r-tree", 0, CLI_TEXT, "FILE",
     "the tree for R: hc <- dget(FILE) is an hclust", NULL},
    {"tau", 0, CLI_NUMBER, "T",
     "leaders: distance within which a point joins one; 0: found from "
     "--leaders", "0"},
    {"leaders", 0, CLI_COUNT, "N", "leaders: about how many", "10000"},
    {"seed", 0, CLI_COUNT, "N", "kmeans: seed of the first centres", "1"},
    {"compare", 0, CLI_FLAG, NULL,
     "kmeans, leaders: also run Ward and print the adjusted Rand index",
     NULL},
    {"checkpoint", 0, CLI_TEXT, "FILE",
     "ward: keep the joins so far here, at most every 60 s, and go on from "
     "them", NULL},
    {"memory", 0, CLI_BYTES, "SIZE", "most memory to use, such as 4G", NULL},
    {"labels", 0, CLI_TEXT, "FILE",
     "table of labels, one column k=K for each cut", NULL},
    {"words", 0, CLI_TEXT, "FILE",
     "words.tsv of the points (as `latent extract` writes it)", NULL},
    {"concepts", 0, CLI_TEXT, "FILE",
     "the cut's clusters in ConceptX form; needs --words and one K", NULL},
    {0}};

typedef struct cluster_state {
    float *points;
    size_t n, h;
    lat_tree tree;
    size_t *cuts;
    size_t cut_count;
    uint32_t *labels; /* cut_count x n */
} cluster_state;

static lat_status read_points(cluster_state *s, const char *path,
                              lat_error *error)
{
    lat_npy npy = {0};
    lat_status status = lat_npy_open(&npy, path, error);
    if (status != LAT_OK)
        return status;
    if (npy.dims != 2) {
        status = lat_error_set(error, LAT_MALFORMED,
                               "the array has %zu dimensions, expected 2 "
                               "(points x width)",
                               npy.dims);
        lat_error_in_file(error, path);
        goto done;
    }
    s->n = npy.shape[0];
    s->h = npy.shape[1];
    size_t count = s->n * s->h; /* checked when the file was opened */
    s->points = lat_new_array(count, sizeof *s->points);
    if (s->points == NULL) {
        status = lat_error_memory(error, (uint64_t)count * 4);
        goto done;
    }
    lat_npy_floats(s->points, &npy);
done:
    lat_npy_close(&npy);
    return status;
}

/* Flat clusters in place of a cut: one K at a time. */
static lat_status flat_cut(cli_call *call, cluster_state *s, size_t k,
                           uint32_t *labels, lat_error *error)
{
    lat_flat flat = {0};
    lat_leaders leaders = {{0}, 0, 0, {0}, NULL};
    lat_status status = LAT_OK;
    const lat_flat *found = &flat;
    if (strcmp(cli_text(call, "method"), "kmeans") == 0) {
        const lat_kmeans_options how = {.k = k,
                                        .seed = cli_count(call, "seed"),
                                        .progress = cli_progress(call)};
        status = lat_cluster_kmeans(&flat, cli_pool(call), s->points, s->n,
                                    s->h, &how, error);
    } else {
        size_t most = (size_t)cli_count(call, "leaders");
        const lat_leaders_options how = {
            .k = k, .tau = cli_number(call, "tau"),
            .leaders = most < s->n ? most : s->n,
            .progress = cli_progress(call)};
        status = lat_cluster_leaders(&leaders, cli_pool(call), s->points,
                                     s->n, s->h, &how, error);
        found = &leaders.flat;
    }
    if (status == LAT_OK) {
        memcpy(labels, found->labels, s->n * sizeof *labels);
        cli_say(call, "k=%zu: within-cluster sum of squares %.9g", k,
                found->inertia);
        if (found == &leaders.flat)
            cli_say(call, "k=%zu: %zu leaders, tau %.9g", k,
                    leaders.leaders, leaders.tau);
    }
    lat_flat_free(&flat);
    lat_leaders_free(&leaders);
    return status;
}

static bool is_ward(const cli_call *call)
{
    return strcmp(cli_text(call, "method"), "ward") == 0;
}

static lat_status flat_cuts(cli_call *call, cluster_state *s,
                            lat_error *error)
{
    lat_status status = LAT_OK;
    uint32_t *ward = lat_new_array(s->n, sizeof *ward);
    s->labels = lat_new_array(s->cut_count, s->n * sizeof *s->labels);
    if (s->labels == NULL || ward == NULL)
        status = lat_error_memory(error, (uint64_t)s->cut_count * s->n * 4);
    for (size_t i = 0; i < s->cut_count && status == LAT_OK; i++) {
        double rand_index = 0;
        uint32_t *labels = s->labels + i * s->n;
        status = flat_cut(call, s, s->cuts[i], labels, error);
        if (status != LAT_OK || !cli_given(call, "compare"))
            continue;
        status = lat_tree_cut(&s->tree, s->cuts[i], ward, error);
        if (status == LAT_OK)
            status = lat_flat_rand(&rand_index, labels, ward, s->n, error);
        if (status == LAT_OK)
            cli_say(call, "k=%zu: adjusted Rand index with Ward %.6f",
                    s->cuts[i], rand_index);
    }
    lat_free(ward);
    return status;
}

static lat_status make_cuts(cli_call *call, cluster_state *s,
                            lat_error *error)
{
    if (!is_ward(call))
        return flat_cuts(call, s, error);

    s->labels = lat_new_array(s->cut_count, s->n * sizeof *s->labels);
    if (s->labels == NULL)
        return lat_error_memory(error, (uint64_t)s->cut_count * s->n * 4);
    for (size_t i = 0; i < s->cut_count; i++) {
        lat_status status = lat_tree_cut(&s->tree, s->cuts[i],
                                         s->labels + i * s->n, error);
        if (status != LAT_OK)
            return status;
    }
    return LAT_OK;
}

static lat_status write_labels(const cluster_state *s, const char *path,
                               lat_error *error)
{
    lat_buffer text = {0};
    for (size_t i = 0; i < s->cut_count; i++)
        lat_buffer_format(&text, "%sk=%zu", i == 0 ? "" : "\t", s->cuts[i]);
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

static lat_status check_options(const cli_call *call, lat_error *error)
{
    const char *method = cli_text(call, "method");
    bool tree = cli_given(call, "linkage") || cli_given(call, "newick") ||
                cli_given(call, "r-tree") || cli_given(call, "heights");
    if (!is_ward(call) && strcmp(method, "kmeans") != 0 &&
        strcmp(method, "leaders") != 0)
        return lat_error_set(error, LAT_USAGE,
                             "--method is '%.40s', expected ward, kmeans or "
                             "leaders",
                             method);
    if (tree && !is_ward(call))
        return lat_error_set(error, LAT_USAGE,
                             "%s makes no tree: --linkage, --newick, "
                             "--r-tree and --heights need --method ward",
                             method);
    if (!tree && !cli_given(call, "labels") && !cli_given(call, "concepts"))
        return lat_error_set(error, LAT_USAGE,
                             "nothing to write: give --linkage, --labels, "
                             "--concepts, --newick or --r-tree");
    if (cli_given(call, "concepts") && !cli_given(call, "words"))
        return lat_error_set(error, LAT_USAGE,
                             "--concepts needs --words, the points' words");
    return LAT_OK;
}

/* --k as cuts of these points. */
static lat_status read_cuts(const cli_call *call, cluster_state *s,
                            lat_error *error)
{
    const char *list = cli_text(call, "k");
    lat_status status =
        lat_range_read(&s->cuts, &s->cut_count, list, s->n, error);
    if (status == LAT_OK && (s->cut_count == 0 || s->cuts[0] == 0))
        return lat_error_set(error, LAT_OUT_OF_RANGE,
                             "--k is '%s', expected 1 to %zu (the number of "
                             "points)",
                             list, s->n);
    if (status == LAT_OK && cli_given(call, "concepts") &&
        s->cut_count != 1)
        return lat_error_set(error, LAT_USAGE,
                             "--concepts needs one K, --k gives %zu",
                             s->cut_count);
    return status;
}

static lat_status make_tree(cli_call *call, cluster_state *s,
                            lat_error *error)
{
    lat_ward_options ward = LAT_WARD_OPTIONS;
    ward.progress = cli_progress(call);
    ward.checkpoint = cli_text(call, "checkpoint");
    lat_status status = lat_cluster_ward(&s->tree, cli_pool(call), s->points,
                                         s->n, s->h, &ward, error);
    if (status == LAT_OK)
        cli_say(call,
                "%zu points, %zu dimensions: %llu duplicates, %llu ties", s->n,
                s->h, (unsigned long long)s->tree.duplicates,
                (unsigned long long)s->tree.ties);
    return status;
}

static lat_status write_tree(const cli_call *call, const cluster_state *s,
                             lat_error *error)
{
    const char *const *heights = NULL;
    size_t count = cli_many(call, "heights", &heights);
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
    for (size_t i = 0; i < count && status == LAT_OK; i++) {
        double height = 0;
        if (!lat_number_read(heights[i], strlen(heights[i]), &height))
            return lat_error_set(error, LAT_USAGE,
                                 "--heights is '%.40s', expected a decimal "
                                 "number",
                                 heights[i]);
        printf("%s\t%zu\n", heights[i],
               lat_tree_count_at(&s->tree, height));
    }
    return status;
}

static lat_status run(cli_call *call, lat_error *error)
{
    cluster_state s = {0};
    const char *path = cli_argument(call, 0);
    bool cuts = cli_given(call, "labels") || cli_given(call, "concepts");
    if (cli_given(call, "memory"))
        lat_memory_limit((size_t)cli_count(call, "memory"));
    lat_status status = check_options(call, error);
    if (status == LAT_OK)
        status = read_points(&s, path, error);
    if (status == LAT_OK && cuts)
        status = read_cuts(call, &s, error);
    if (status == LAT_OK && (is_ward(call) || cli_given(call, "compare"))) {
        status = make_tree(call, &s, error);
        if (status != LAT_OK)
            lat_error_in_file(error, path);
    }
    if (status == LAT_OK && cuts)
        status = make_cuts(call, &s, error);
    if (status == LAT_OK && is_ward(call))
        status = write_tree(call, &s, error);
    if (status == LAT_OK && cli_given(call, "labels"))
        status = write_labels(&s, cli_text(call, "labels"), error);
    if (status == LAT_OK && cli_given(call, "concepts"))
        status = write_concepts(&s, cli_text(call, "words"),
                                cli_text(call, "concepts"), error);
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
             "--concepts C.txt",
    .examples = "latent cluster layer-06.npy --linkage Z.npy --k 100,600 "
                "--labels L.tsv",
    .notes = "Height of a merge of A and B = sqrt(2|A||B|/(|A|+|B|)) times "
             "the distance of their\ncentroids (SciPy's ward, R's ward.D2). "
             " Clusters of a cut are numbered by first\nappearance.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run};
