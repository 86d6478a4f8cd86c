/* fuzz_corpus.c - a corpus (TSV, CSV, lines) and the choice of its words. */
#include "../../tokenizer/tokenizer.h"
#include "fuzz.h"

FUZZ_TARGET(corpus)
{
    static const char *const files[] = {"c.tsv", "c.csv", "c.txt"};
    static char negative[] = "negative", positive[] = "positive";
    static char *const labels[] = {negative, positive};
    lat_corpus_options options = {.labels = labels, .label_count = 2};
    lat_words_options choice = LAT_WORDS_OPTIONS;

    choice.min = 1;
    for (size_t i = 0; i < 3; i++) {
        lat_corpus corpus = {0};
        lat_words words = {0};
        lat_error error = {0};
        const char *path = fuzz_file(files[i], data, size);

        choice.random_sample = i == 1;
        choice.rule = i == 2 ? LAT_WORDS_SPLIT : LAT_WORDS_WHITESPACE;
        fuzz_begin(size, 1 << 20, 1000);
        if (fuzz_answer(lat_corpus_open(&corpus, path, &options, &error),
                        &error) &&
            fuzz_answer(lat_words_select(&words, &corpus, &choice, &error),
                        &error))
            for (size_t w = 0; w < words.count; w++) {
                const lat_word *word = &words.items[w];
                const lat_sentence *s = &corpus.sentences[word->sentence];

                fuzz_check(word->first < word->end &&
                           word->end <= (word->which == 0 ? s->a_size
                                                          : s->b_size),
                           "a word outside its sentence");
            }
        lat_words_free(&words);
        lat_corpus_free(&corpus);
        fuzz_end();
    }
}
