/*
 * align.h - concepts: cluster files, base/tuned overlap, human-defined
 * labels, task polarity, chance levels.
 *
 * A concept is one cluster of a cut; its occurrences are its members, its
 * types the distinct words among them.  All rules: METHOD in the manual.
 * Everything here works from files alone; no model is needed.
 */
#ifndef LATENT_ALIGN_H
#define LATENT_ALIGN_H

#include "../base/base.h"
#include "../cluster/cluster.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Concepts ------------------------------------------------------------ */

typedef struct lat_occurrence {
    uint32_t word;      /* number in lat_concepts.words */
    uint32_t number;    /* n-th occurrence of the word in the text, from 1 */
    uint32_t sentence;  /* from 0 */
    int32_t position;   /* from 0; -1 = [CLS] */
    uint32_t concept;   /* index 0..count-1 */
} lat_occurrence;

/* The clustering of one layer.  Occurrences are grouped by concept: those
 * of concept c are occurrences[starts[c]] .. occurrences[starts[c+1]-1], in
 * text order. */
typedef struct lat_concepts {
    size_t count;            /* concepts */
    size_t size;             /* occurrences */
    lat_occurrence *occurrences;
    size_t *starts;          /* count + 1 */
    uint64_t *ids;           /* count: the number the file gives each */
    uint32_t *types;         /* count: distinct words of each */
    lat_intern *words;
} lat_concepts;

/* `word|||n|||sentence|||position|||cluster`, split from the right. */
lat_status lat_concepts_read(lat_concepts *out, const char *path,
                             lat_error *error);
lat_status lat_concepts_write(const lat_concepts *concepts, const char *path,
                              unsigned char *sha256, lat_error *error);
/* From a cut: labels of the occurrences (concept members are filled in). */
lat_status lat_concepts_make(lat_concepts *out,
                             const lat_occurrence *occurrences,
                             const uint32_t *labels, size_t n,
                             const lat_intern *words, lat_error *error);
void lat_concepts_free(lat_concepts *concepts);

#ifdef __cplusplus
}
#endif
#endif
