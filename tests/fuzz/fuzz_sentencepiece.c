/* fuzz_sentencepiece.c - a sentencepiece model (protobuf) as a tokenizer. */
#include "fuzz_tokenizer_int.h"

FUZZ_TARGET(sentencepiece)
{
    fuzz_tokenizer("spiece.model", data, size);
}
