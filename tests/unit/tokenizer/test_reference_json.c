/*
 * test_reference_json.c - every tokenizer.json against the reference.
 */
#include "reference.h"

int main(void)
{
    const char *shared = harness_shared();
    if (shared != NULL) {
        reference_check(shared, "tokenizers/bert-base-uncased/tokenizer.json",
                        "bert-base-uncased");
        reference_check(
            shared, "tokenizers/bert-base-cased/tokenizer.generated.json",
            "bert-base-cased");
        reference_check(shared,
                        "tokenizers/bert-base-multilingual-cased/"
                        "tokenizer.generated.json",
                        "bert-base-multilingual-cased");
        reference_check(shared, "tokenizers/roberta-base/tokenizer.json",
                        "roberta-base");
        reference_check(shared,
                        "fixtures/tokenizer/json/albert-base.tokenizer.json",
                        "albert-base");
        reference_check(
            shared, "fixtures/tokenizer/json/xlm-roberta-base.tokenizer.json",
            "xlm-roberta-base");
    }
    CHECK(lat_memory_in_use() == 0);
    return harness_end("test_reference_json");
}
