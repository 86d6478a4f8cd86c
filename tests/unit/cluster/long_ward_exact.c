/* The tree against its definition, a thousand seeds. */
#define SEEDS 1000
#include "test_ward_exact.c"
