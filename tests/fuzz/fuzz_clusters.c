/* fuzz_clusters.c - cluster files: read, written, read again the same. */
#include "../../align/align.h"
#include "fuzz.h"

FUZZ_TARGET(clusters)
{
    lat_concepts concepts = {0}, again = {0};
    lat_text text = {0};
    lat_overlap overlap = {0};
    lat_overlap_options options = LAT_OVERLAP_OPTIONS;
    lat_error error = {0}, second = {0};
    char path[256];

    options.permutations = 2;
    options.min_types = 1;
    fuzz_begin(size, 4 << 20, 4000);
    if (fuzz_answer(lat_concepts_parse(&concepts, data, size, &error),
                    &error)) {
        snprintf(path, sizeof path, "%s/clusters", fuzz_folder());
        fuzz_check(lat_concepts_write(&concepts, path, NULL, &error) ==
                   LAT_OK, "concepts cannot be written");
        fuzz_check(lat_concepts_read(&again, path, &error) == LAT_OK,
                   "written concepts cannot be read");
        fuzz_check(again.count == concepts.count &&
                   again.size == concepts.size,
                   "written concepts are others");
        if (concepts.count < 200)
            fuzz_answer(lat_overlap_run(&overlap, NULL, &concepts, &again,
                                        &options, &second), &second);
        lat_overlap_free(&overlap);
    }
    lat_concepts_free(&again);
    second = (lat_error){0};
    fuzz_answer(lat_text_parse(&text, data, size, &second), &second);
    lat_text_free(&text);
    lat_concepts_free(&concepts);
    fuzz_end();
}
