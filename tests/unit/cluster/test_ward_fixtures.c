/*
 * The reference trees in ../shared/fixtures/ward: heights to 1e-9 relative,
 * the same partitions where they are unique, per-step checks where they are
 * not (its README says which case promises what).
 */
#include "ward_check_int.h"

typedef struct fixture {
    lat_arena arena;
    const lat_json *facts, *cuts;
    lat_npy points, z;
    float *x;
    size_t n, h;
} fixture;

static bool load_json(const lat_json **out, lat_arena *arena,
                      const char *folder, const char *name)
{
    lat_error error = {0};
    lat_map map = {0};
    char *path = lat_path_join(folder, name);
    bool good = lat_map_open(&map, path, &error) == LAT_OK
                && lat_json_parse(out, arena, map.data, map.size, &error)
                       == LAT_OK;
    lat_map_close(&map);
    lat_free(path);
    return good;
}

static bool load_npy(lat_npy *out, const char *folder, const char *name)
{
    lat_error error = {0};
    char *path = lat_path_join(folder, name);
    bool good = lat_npy_open(out, path, &error) == LAT_OK;
    if (!good)
        printf("%s\n", lat_error_message(&error));
    lat_free(path);
    return good;
}

static bool load_fixture(fixture *f, const char *folder)
{
    if (!load_json(&f->facts, &f->arena, folder, "case.json")
        || !load_json(&f->cuts, &f->arena, folder, "cuts.json")
        || !load_npy(&f->points, folder, "points.npy")
        || !load_npy(&f->z, folder, "Z.npy"))
        return false;
    f->n = f->points.shape[0];
    f->h = f->points.shape[1];
    f->x = lat_new_array(f->n * f->h, sizeof *f->x);
    for (size_t i = 0; i < f->n * f->h; i++)
        f->x[i] = (float)lat_npy_value(&f->points, i);
    return true;
}

/* Relative to the height or to 1e-9 of the top one, as the README says. */
static void check_heights(const fixture *f, const lat_tree *tree,
                          const char *name)
{
    double worst = 0;
    for (size_t t = 0; t + 1 < f->n; t++) {
        double want = lat_npy_value(&f->z, 4 * t + 2);
        double top = lat_npy_value(&f->z, 4 * (f->n - 2) + 2);
        double off = fabs(tree->merges[t].height - want)
                     / fmax(want, 1e-9 * top);
        worst = off > worst ? off : worst;
    }
    CHECK_MSG(worst <= 1e-9, "%s: heights off by %g", name, worst);
}

static void check_rows(const fixture *f, const lat_tree *tree,
                       const char *name)
{
    size_t off = 0;
    for (size_t t = 0; t + 1 < f->n; t++)
        off += tree->merges[t].left != (uint32_t)lat_npy_value(&f->z, 4 * t)
               || tree->merges[t].right
                      != (uint32_t)lat_npy_value(&f->z, 4 * t + 1);
    CHECK_MSG(off == 0, "%s: %zu rows differ", name, off);
}

static void check_cuts(const fixture *f, const lat_tree *tree,
                       const char *name)
{
    lat_error error = {0};
    const lat_json *cuts = lat_json_get(f->cuts, "cuts");
    uint32_t *labels = lat_new_array(f->n, sizeof *labels);
    for (size_t c = 0; c < cuts->size; c++) {
        const lat_json *cut = &cuts->items[c];
        size_t k = (size_t)strtoul(cut->key, NULL, 10), off = 0;
        CHECK(lat_tree_cut(tree, k, labels, &error) == LAT_OK);
        for (size_t i = 0; i < f->n; i++)
            off += labels[i] != (uint32_t)cut->items[i].whole;
        CHECK_MSG(off == 0, "%s, K = %zu: %zu labels differ", name, k, off);
    }
    lat_free(labels);
}

static void check_case(const char *shared, const char *name)
{
    fixture f = {0};
    lat_tree tree = {0};
    lat_error error = {0};
    lat_pool *pool = NULL;
    bool bad = false;
    char *folder = lat_format("%s/fixtures/ward/%s", shared, name);
    CHECK(lat_pool_create(&pool, 2, &error) == LAT_OK);
    bool loaded = load_fixture(&f, folder);
    CHECK_MSG(loaded, "cannot load %s", name);
    if (loaded) {
        lat_ward_options options = LAT_WARD_OPTIONS;
        const char *compare = lat_json_text(f.facts, "compare", "", &bad);
        CHECK(lat_cluster_ward(&tree, pool, f.x, f.n, f.h, &options, &error)
              == LAT_OK);
        CHECK(tree.duplicates
              == lat_json_count(f.facts, "duplicate_rows", 0, &bad));
        if (strcmp(compare, "steps") != 0 && f.n > 1)
            check_heights(&f, &tree, name);
        if (strcmp(compare, "all") == 0)
            check_rows(&f, &tree, name);
        if (lat_json_flag(f.facts, "cuts_comparable", false, &bad))
            check_cuts(&f, &tree, name);
        if (f.n <= 800)
            CHECK_MSG(check_tree(&tree, f.x, f.n, f.h, 1e-9), "%s", name);
    }
    lat_tree_free(&tree);
    lat_pool_free(pool);
    lat_npy_close(&f.points);
    lat_npy_close(&f.z);
    lat_arena_free(&f.arena);
    lat_free(f.x);
    lat_free(folder);
}

int main(void)
{
    static const char *names[] = {
        "tiny-1x4", "tiny-2x4", "tiny-3x2", "gauss-200x5", "line-300x1",
        "grid-400x3", "one-hot-64x64", "duplicates-600x48",
        "clusters-500x64", "huge-dim-600x384", "offset-800x32",
        "clusters-1500x768", "real-2500x384"};
    const char *shared = harness_shared();
    for (size_t i = 0; shared != NULL
                       && i < sizeof names / sizeof names[0]; i++)
        check_case(shared, names[i]);
    return harness_end("test_ward_fixtures");
}
