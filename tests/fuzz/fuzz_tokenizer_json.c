/* fuzz_tokenizer_json.c - tokenizer.json as a tokenizer. */
#include "fuzz_tokenizer_int.h"

FUZZ_TARGET(tokenizer_json)
{
    fuzz_tokenizer("tokenizer.json", data, size);
}
