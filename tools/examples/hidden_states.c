/*
 * hidden_states.c - the last hidden state of every token of a text.
 *
 *     cc hidden_states.c $(pkg-config --cflags --libs latent) -o hidden_states
 *     ./hidden_states models/tuned "a gripping film"
 */
#include <latent/latent.h>
#include <string.h>

int main(int count, char **arguments)
{
    lat_error error = {0};
    lat_reader reader = {0};
    lat_tokens tokens = {0};
    lat_sentence text = {.a = count == 3 ? arguments[2] : ""};
    lat_corpus corpus = {.count = 1, .sentences = &text};
    float *layers[64] = {0}; /* NULL: not wanted */
    text.a_size = strlen(text.a);
    if (count != 3 || lat_reader_open(&reader, arguments[1], &error) ||
        lat_reader_tokenize(&tokens, &reader, NULL, &corpus, NULL, &error))
        goto done;
    size_t last = reader.info->layers, n = tokens.starts[1];
    lat_batch batch = {.sequences = 1, .ids = tokens.ids,
                       .types = tokens.types, .starts = tokens.starts};
    lat_states want = {.hidden = layers};
    layers[last] = lat_new_array(n * reader.info->hidden, sizeof(float));
    if (layers[last] == NULL ||
        lat_model_forward(reader.model, NULL, &batch, &want, &error))
        goto done;
    for (size_t i = 0; i < n; i++)
        printf("%u\t%g\t%g ...\n", tokens.ids[i],
               layers[last][i * reader.info->hidden],
               layers[last][i * reader.info->hidden + 1]);
    lat_free(layers[last]);
done:
    lat_tokens_free(&tokens);
    lat_reader_close(&reader);
    if (count != 3 || error.code != LAT_OK)
        fprintf(stderr, "%s\n", count != 3 ? "usage: hidden_states MODEL TEXT"
                                           : lat_error_message(&error));
    return count != 3 ? 2 : lat_status_exit(error.code);
}
