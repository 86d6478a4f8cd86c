/* later.c - stands in for models that follow. */
#include "tokenizer_int.h"
lat_status lat_bpe_encode(const lat_pieces *pieces, lat_scratch *scratch,
                          const lat_text *text, size_t first, size_t end,
                          lat_error *error)
{
    (void)pieces; (void)scratch; (void)text; (void)first; (void)end;
    return lat_error_set(error, LAT_UNSUPPORTED, "BPE");
}
lat_status lat_unigram_encode(const lat_pieces *pieces, lat_scratch *scratch,
                              const lat_text *text, size_t first, size_t end,
                              lat_error *error)
{
    (void)pieces; (void)scratch; (void)text; (void)first; (void)end;
    return lat_error_set(error, LAT_UNSUPPORTED, "Unigram");
}
bool lat_normalize_charsmap(const lat_charsmap *map, const lat_text *from,
                            lat_text *to, bool *changed)
{
    (void)map; (void)from; (void)to; (void)changed;
    return true;
}
lat_status lat_read_tokenizer_json(lat_tokenizer *tokenizer, const void *text,
                                   size_t size, lat_error *error)
{
    (void)tokenizer; (void)text; (void)size;
    return lat_error_set(error, LAT_UNSUPPORTED, "tokenizer.json");
}
