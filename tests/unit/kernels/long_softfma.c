/* A billion triples (a minute). */
#include "softfma.h"

int main(void)
{
    softfma_check(1000000000);
    return harness_end("long_softfma");
}
