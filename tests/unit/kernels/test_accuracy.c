/* A sample of the floats; long_accuracy.c looks at all of them. */
#include "accuracy.h"

int main(void)
{
    accuracy_check(4099);
    return harness_end("test_accuracy");
}
