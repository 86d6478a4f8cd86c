/*
 * test_containers.c - safetensors, GGUF and PyTorch files, good and bad.
 *
 * Every fixture of tests/fixtures/model gives the status in its name; every
 * truncation of a good one is refused; every flipped bit of one gives an
 * answer without touching a byte outside; allocations may fail anywhere.
 */
#include "container_check.h"

#define FIXTURES "tests/fixtures/model/"

static container_reader *reader;

static void check_fixture(const char *path, const char *name)
{
    lat_status expected = container_expected(name), got;
    lat_error error = {0};
    container_facts facts;
    lat_map map = {0};
    size_t before = lat_memory_in_use();

    got = lat_map_open(&map, path, &error);
    CHECK_MSG(got == LAT_OK, "%s: cannot be opened", path);
    got = container_read(reader, map.data, map.size, &facts, &error);
    CHECK_MSG(got == expected, "%s: %s (%s)", path, lat_status_name(got),
              lat_error_message(&error));
    CHECK_MSG(got == LAT_OK || error.text[0] != '\0', "%s: no text", path);
    CHECK_MSG(error.code == got, "%s: code and status differ", path);
    CHECK_MSG(facts.inside, "%s: a tensor lies outside", path);
    lat_map_close(&map);
    CHECK_MSG(lat_memory_in_use() == before, "%s: leak", path);
}

static void cut_fixture(const char *path, const char *name)
{
    lat_error error = {0};
    container_facts facts;
    lat_map map = {0};
    size_t needed, accepted = 0;

    (void)name;
    if (lat_map_open(&map, path, &error) != LAT_OK)
        return;
    container_read(reader, map.data, map.size, &facts, &error);
    /* GGUF files may end with padding, which may be missing. */
    needed = reader == lat_gguf_read && facts.tensors > 0 ? facts.needed
                                                          : map.size;
    for (size_t size = 0; size < needed; size++) {
        lat_error cut = {0};

        accepted += container_read(reader, map.data, size, &facts, &cut) ==
                    LAT_OK;
    }
    CHECK_MSG(accepted == 0, "%s: %zu cut files accepted", path, accepted);
    lat_map_close(&map);
}

/* Every bit of a small fixture; in larger ones those of the first bytes and
 * the last, where a zip archive has its list. */
static void flip_fixture(const char *path, const char *name)
{
    lat_error error = {0};
    container_facts facts;
    lat_map map = {0};
    unsigned char *data;
    size_t wrong = 0;

    (void)name;
    if (lat_map_open(&map, path, &error) != LAT_OK)
        return;
    data = lat_alloc(map.size);
    memcpy(data, map.data, map.size);
    for (size_t at = 0; at < map.size; at++) {
        if (at >= 1024 && map.size - at > 1024)
            continue;
        for (int bit = 0; bit < 8; bit++) {
            lat_error flipped = {0};
            lat_status status;

            data[at] ^= (unsigned char)(1 << bit);
            status = container_read(reader, data, map.size, &facts,
                                    &flipped);
            data[at] ^= (unsigned char)(1 << bit);
            wrong += status > LAT_OUT_OF_RANGE || !facts.inside;
        }
    }
    CHECK_MSG(wrong == 0, "%s: %zu flips with a wrong answer", path, wrong);
    lat_free(data);
    lat_map_close(&map);
}

/* Each allocation in turn fails, alone and with all that follow it. */
static void starve_fixture(const char *path, const char *name)
{
    lat_error error = {0};
    container_facts facts;
    lat_map map = {0};

    (void)name;
    if (lat_map_open(&map, path, &error) != LAT_OK)
        return;
    for (int after = 0; after < 2; after++) {
        for (uint64_t n = 1; n < 10000; n++) {
            lat_error starved = {0};
            size_t before = lat_memory_in_use();
            lat_status status;

            lat_memory_fail_at(n, after == 1);
            status = container_read(reader, map.data, map.size, &facts,
                                    &starved);
            lat_memory_fail_at(0, false);
            CHECK_MSG(lat_memory_in_use() == before, "%s: leak at %u", path,
                      (unsigned)n);
            if (status == LAT_OK)
                break;
            CHECK_MSG(status == LAT_NO_MEMORY, "%s: %s at allocation %u",
                      path, lat_status_name(status), (unsigned)n);
        }
    }
    lat_map_close(&map);
}

static void check_kind(const char *kind, container_reader *read, size_t good,
                       size_t bad)
{
    char folder[128];

    reader = read;
    snprintf(folder, sizeof folder, FIXTURES "%s/bad", kind);
    CHECK(container_walk(folder, check_fixture) >= bad);
    snprintf(folder, sizeof folder, FIXTURES "%s/good", kind);
    CHECK(container_walk(folder, check_fixture) >= good);
    container_walk(folder, cut_fixture);
    container_walk(folder, starve_fixture);
    container_walk(folder, flip_fixture);
}

static void check_folder(const char *path, const char *name)
{
    lat_status expected = container_expected(name), got;
    lat_weights *weights = NULL;
    lat_error error = {0};

    got = lat_weights_open(&weights, path, &error);
    CHECK_MSG(got == expected, "%s: %s (%s)", path, lat_status_name(got),
              lat_error_message(&error));
    CHECK_MSG((weights != NULL) == (got == LAT_OK), "%s", path);
    CHECK_MSG(got == LAT_OK || error.file[0] != '\0', "%s: no file", path);
    lat_weights_close(weights);
}

static void starve_folder(const char *path, const char *name)
{
    (void)name;
    for (uint64_t n = 1; n < 10000; n++) {
        lat_weights *weights = NULL;
        lat_error error = {0};
        size_t before = lat_memory_in_use();
        lat_status status;

        lat_memory_fail_at(n, false);
        status = lat_weights_open(&weights, path, &error);
        lat_memory_fail_at(0, false);
        lat_weights_close(weights);
        CHECK_MSG(lat_memory_in_use() == before, "%s: leak", path);
        if (status == LAT_OK)
            break;
        CHECK_MSG(status == LAT_NO_MEMORY, "%s: %s at allocation %u", path,
                  lat_status_name(status), (unsigned)n);
    }
}

int main(void)
{
    check_kind("safetensors", lat_safetensors_read, 15, 60);
    check_kind("gguf", lat_gguf_read, 10, 60);
    check_kind("torch", lat_torch_read, 15, 60);
    CHECK(container_walk(FIXTURES "folders/bad", check_folder) >= 20);
    CHECK(container_walk(FIXTURES "folders/good", check_folder) >= 5);
    container_walk(FIXTURES "folders/good", starve_folder);
    CHECK(lat_memory_in_use() == 0);
    return harness_end("test_containers");
}
