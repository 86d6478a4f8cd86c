/* report_int.h - the report of a study or of two: one self-contained HTML
 * file, or a summary for a terminal. */
#ifndef LATENT_REPORT_INT_H
#define LATENT_REPORT_INT_H

#include "../base/base.h"

typedef enum lat_report_form {
    LAT_REPORT_PAGE,
    LAT_REPORT_TEXT, /* 80 columns, bars of blocks */
    LAT_REPORT_ASCII /* the same with bars of # and no letter beyond ASCII */
} lat_report_form;

typedef struct lat_report {
    const char *folders[2]; /* study folders; the second NULL: of one */
    const char *out_path;   /* "-": standard output */
    lat_report_form form;
    uint64_t k;             /* concepts in a layer, 0 for the study's own;
                               for the report of one study */
} lat_report;

/* Reads only the study folders.  pool: for two studies. */
lat_status lat_report_write(const lat_report *what, lat_pool *pool,
                            lat_error *error);

#endif
