#!/bin/sh
# Makes tools/report_assets.c, the report's style sheet and script as C
# strings, out of report.css and report.js beside it.  Run after a change of
# either; `tools/report-assets.sh --check` says whether that was forgotten.
set -eu
folder=$(dirname "$0")
made=$(mktemp)
trap 'rm -f "$made"' EXIT

# One string a line: C compilers need to take 4,095 characters, no more.
lines() {
    printf '\nconst char *const %s[] = {\n' "$1"
    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/    "/' -e 's/$/\\n",/' "$2"
    printf '    NULL};\n'
}
{
    printf '%s\n' '/*' \
        ' * report_assets.c - the report'"'"'s style sheet and script.' ' *' \
        ' * Made by tools/report-assets.sh from report.css and report.js.' \
        ' */' '#include "report_page_int.h"'
    lines rep_style "$folder/report.css"
    lines rep_script "$folder/report.js"
} >"$made"
if [ "${1:-}" = --check ]; then
    cmp "$made" "$folder/report_assets.c"
else
    cp "$made" "$folder/report_assets.c"
fi
