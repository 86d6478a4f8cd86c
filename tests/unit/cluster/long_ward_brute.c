/* Every merge the globally smallest, a thousand seeds. */
#define SEEDS 1000
#include "test_ward_brute.c"
