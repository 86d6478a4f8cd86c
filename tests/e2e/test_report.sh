#!/bin/sh
# The report of a hostile study; the parts in a browser are `make
# test-report`'s.
exec tests/report/run.sh "${LATENT:-build/latent}"
