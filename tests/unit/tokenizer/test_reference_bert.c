/*
 * test_reference_bert.c - WordPiece against the reference, from vocab.txt.
 */
#include "reference.h"

int main(void)
{
    const char *shared = harness_shared();
    if (shared != NULL) {
        reference_check(shared, "tokenizers/bert-base-uncased/vocab.txt",
                        "bert-base-uncased");
        reference_check(shared, "tokenizers/bert-base-cased/vocab.txt",
                        "bert-base-cased");
        reference_check(shared,
                        "tokenizers/bert-base-multilingual-cased/vocab.txt",
                        "bert-base-multilingual-cased");
    }
    CHECK(lat_memory_in_use() == 0);
    return harness_end("test_reference_bert");
}
