/* Ten million triples; long_softfma.c takes more, and these by hand. */
#include "softfma.h"

int main(void)
{
    /* A sum that is a half in double only after its tail is rounded off. */
    CHECK(softfma_same(0x1.000002p0f, 0x1.000002p-25f, 1.0f));
    CHECK(softfma_same(0x1.fffffep0f, 0x1.000002p-25f, 1.0f));
    CHECK(softfma_same(0x1.000002p-75f, 0x1.fffffcp-75f, 0x1p-130f));
    CHECK(softfma_same(0x1.8p-75f, -0x1.000002p-75f, 0x1p-149f));
    CHECK(softfma_same(0x1.fffffep127f, 0x1.fffffep127f, -INFINITY));
    CHECK(softfma_same(0x1.fffffep127f, 2.0f, -0x1.fffffep127f));
    CHECK(softfma_same(0x1.fffffep127f, 1.0f, 0x1p103f));
    CHECK(softfma_same(0x1.fffffep127f, 1.0f, 0x1.fffffep102f));
    CHECK(softfma_same(-1.0f, 0.0f, 0.0f));
    CHECK(softfma_same(-1.0f, 0.0f, -0.0f));
    CHECK(softfma_same(1.0f, 1.0f, -1.0f));
    CHECK(softfma_same(INFINITY, 0.0f, 1.0f));
    softfma_check(10000000);
    return harness_end("test_softfma");
}
