/* fuzz_ids.c - lines of token ids. */
#include "../../tools/inputs_int.h"
#include "fuzz.h"

FUZZ_TARGET(ids)
{
    inputs_ids ids = {0};
    lat_error error = {0};
    const char *path = fuzz_file("ids.jsonl", data, size);

    fuzz_begin(size, 1 << 20, 1000);
    if (fuzz_answer(inputs_ids_read(&ids, path, &error), &error))
        for (size_t i = 0; i < ids.sequences; i++)
            fuzz_check(ids.starts[i] < ids.starts[i + 1], "an empty line");
    inputs_ids_free(&ids);
    fuzz_end();
}
