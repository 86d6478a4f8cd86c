/* fuzz_config.c - config.json. */
#include "../../model/encoder_int.h"
#include "fuzz.h"

FUZZ_TARGET(config)
{
    lat_config config;
    lat_arena arena = {0};
    lat_error error = {0};

    fuzz_begin(size, 1 << 20, 400);
    if (fuzz_answer(lat_config_read(&config, &arena, (const char *)data, size,
                                    &error), &error))
        fuzz_check(config.hidden > 0 && config.heads > 0 &&
                   config.hidden % config.heads == 0 && config.layers > 0 &&
                   config.max_tokens > 0 &&
                   config.max_tokens <= config.positions,
                   "a configuration that cannot be run");
    lat_arena_free(&arena);
    fuzz_end();
}
