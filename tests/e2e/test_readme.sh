#!/bin/sh
# Every command of the README's ```sh blocks runs, in order, with exit 0.
. tests/e2e/lib.sh

awk '/^```sh$/ {on = 1; next} /^```/ {on = 0} on' README.md |
    sed -e ':a' -e '/\\$/N; s/\\\n *//; ta' >"$WORK/commands"
check "there are commands" test "$(wc -l <"$WORK/commands")" -ge 8
cd "$WORK" || exit 1
mkdir build
ln -s "$LATENT" build/latent
ln -s "$ROOT/model" "$ROOT/tests" .
while IFS= read -r command; do
    sh -c "$command" >out 2>err </dev/null
    status=$?
    if [ $status -eq 0 ]; then
        pass
    else
        fail "exit $status: $command: $(head -c 300 err)"
    fi
done <commands
check "the study has its report" test -s study/report.html
cd "$ROOT" || exit 1
finish test_readme
