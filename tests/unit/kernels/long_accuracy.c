/* All 2^32 floats (minutes). */
#include "accuracy.h"

int main(void)
{
    accuracy_check(1);
    return harness_end("long_accuracy");
}
