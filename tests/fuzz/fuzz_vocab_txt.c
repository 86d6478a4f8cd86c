/* fuzz_vocab_txt.c - vocab.txt as a tokenizer. */
#include "fuzz_tokenizer_int.h"

FUZZ_TARGET(vocab_txt)
{
    fuzz_tokenizer("vocab.txt", data, size);
}
