/*
 * study_cut.c - a study looked at with another number of concepts.
 *
 *     concepts.txt   which words, in text order      ─┐
 *     linkage.npy    how they join, all the way up   ─┴─> concepts at any K
 *
 * Nothing is clustered again.  What the study's tables say of its own
 * concepts does not hold for others and is left out.
 */
#include "report_page_int.h"

#include <stdlib.h>

static int by_place(const void *a, const void *b)
{
    const lat_occurrence *x = a, *y = b;
    if (x->sentence != y->sentence)
        return x->sentence < y->sentence ? -1 : 1;
    return (x->position > y->position) - (x->position < y->position);
}

lat_status rep_layer_cut(rep_layer *layer, size_t k, lat_error *error)
{
    lat_concepts *own = &layer->concepts, cut = {0};
    size_t n = own->size;
    uint32_t *labels = lat_new_array(n, sizeof *labels);
    lat_status status = LAT_OK;
    if (labels == NULL) {
        status = lat_error_memory(error, n * sizeof *labels);
    } else if (layer->tree.points != n) {
        status = lat_error_set(error, LAT_OUT_OF_RANGE,
                               "the tree is of %zu points, the concepts of "
                               "%zu",
                               layer->tree.points, n);
    } else {
        /* Points of the tree are the kept words in text order. */
        qsort(own->occurrences, n, sizeof *own->occurrences, by_place);
        status = lat_tree_cut(&layer->tree, k, labels, error);
    }
    if (status == LAT_OK)
        status = lat_concepts_make(&cut, own->occurrences, labels, n,
                                   own->words, error);
    if (status == LAT_OK) {
        lat_concepts_free(own);
        *own = cut;
    }
    lat_free(labels);
    return status;
}
