/* report_int.h - the report of a study: one self-contained HTML file. */
#ifndef LATENT_REPORT_INT_H
#define LATENT_REPORT_INT_H

#include "../base/base.h"

/* Reads only the study folder; out_path may be "-".  k: concepts in a layer,
 * 0 for the study's own. */
lat_status lat_report_write(const char *study, uint64_t k,
                            const char *out_path, lat_error *error);
/* The same study in 80 columns of plain text. */
lat_status lat_report_text(const char *study, uint64_t k,
                           const char *out_path, lat_error *error);

/* Two studies beside each other. */
typedef struct lat_report_two {
    const char *folders[2], *out_path;
    bool text;          /* 80 columns instead of a page */
} lat_report_two;
lat_status lat_report_diff(const lat_report_two *what, lat_pool *pool,
                           lat_error *error);

#endif
