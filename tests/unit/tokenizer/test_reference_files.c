/*
 * test_reference_files.c - the published vocabulary files that are no
 * tokenizer.json, against the reference.
 */
#include "reference.h"

int main(void)
{
    const char *shared = harness_shared();
    if (shared != NULL) {
        reference_check(shared, "tokenizers/roberta-base/vocab.json",
                        "roberta-base");
        reference_check(shared, "tokenizers/albert-base/spiece.model",
                        "albert-base");
        reference_check(
            shared, "tokenizers/xlm-roberta-base/sentencepiece.bpe.model",
            "xlm-roberta-base");
    }
    CHECK(lat_memory_in_use() == 0);
    return harness_end("test_reference_files");
}
