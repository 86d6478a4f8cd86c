/* Killed fifty times. */
#define KILLS 50
#include "test_ward_runs.c"
