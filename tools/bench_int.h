/*
 * bench_int.h - what the parts of `latent bench` share: the peak of this
 * machine, two clocks, and a list of numbers to print.
 *
 * Every measurement alternates with the peak loop, and is told twice: by the
 * clock on the wall, which is what a user waits for, and by the time that
 * the CPU gave us, which other programs disturb less.
 *
 *     peak | work | peak | work | peak | work ...
 *     \___________/
 *       one share of the peak; the median of all and the best are told
 */
#ifndef LATENT_BENCH_INT_H
#define LATENT_BENCH_INT_H

#include "../triggers/triggers.h"
#include "cli_int.h"

enum { BENCH_ROUNDS = 256, BENCH_NUMBERS = 32 };

/* One alternation. */
typedef struct bench_round {
    double peak;      /* GFLOP/s of all threads by CPU time */
    double operations; /* of the work */
    double wall, cpu; /* seconds of the work; cpu of all threads */
    double units;     /* tokens, words, ... */
} bench_round;

typedef struct bench {
    cli_call *call;
    lat_pool *pool;
    size_t threads;
    size_t rounds;
    bench_round round[BENCH_ROUNDS];
    size_t numbers;
    struct bench_number {
        const char *name; /* lower-case, with its unit */
        double value;
    } number[BENCH_NUMBERS];
} bench;

/* GFLOP/s of all threads of the pool together, by CPU time. */
double bench_peak(bench *b);
void bench_put(bench *b, const char *name, double value);
/* From the rounds: units a second under `unit` ("tokens_per_second"),
 * GFLOP/s and the shares of the peak. */
void bench_put_rounds(bench *b, const char *unit);

lat_status bench_forward(bench *b, lat_error *error);
lat_status bench_ward(bench *b, lat_error *error);
lat_status bench_tokenize(bench *b, lat_error *error);

#endif
