# order.awk - reads a trace of strace (-f -y -s 0) and complains about every
# output that a power cut could leave half, empty or unnamed.
#
#     openat  folder/.latent-X.tmp   O_CREAT|O_EXCL
#     write   ...
#     fsync   folder/.latent-X.tmp   nothing is written after it
#     rename  .latent-X.tmp -> NAME  only of a file that is on the disk
#     fsync   folder                 before anything else gets its name
#
# A new folder is an entry of its parent, which is flushed likewise before
# the next rename.  Prints "done NAME" for each finished file, and
# "complaint: ..." for each step out of order.  Only paths below `root` count
# (-v root=FOLDER): instrumented builds write elsewhere too.

function complain(what) { print "complaint: " what }
# The path of the descriptor in `fsync(5</a/b>)`.
function of_descriptor(line) {
    sub(/^[^<]*</, "", line)
    sub(/>[,)].*$/, "", line)
    return line
}
function quoted(line, n,  part) {
    split(line, part, "\"")
    return part[2 * n]
}
function outside(path) { return index(path, root "/") != 1 }
function folder_of(path) {
    sub(/\/[^\/]*$/, "", path)
    return path
}
# The next name may appear only when the ones before it are on the disk.
function nothing_waits(before,  folder) {
    for (folder in waits) {
        complain(waits[folder] " is not flushed in its folder before " before)
        delete waits[folder]
    }
}

/unfinished \.\.\.>|resumed>/ { complain("calls of two threads mix: " $0) }
!/ = [0-9]/ { next } # a call that failed, a signal, an exit
{ sub(/^[0-9]+ +/, "") }
/^open(at)?\(.*O_CREAT/ {
    path = quoted($0, 1)
    if (outside(path) || path ~ /\/\.lock$/)
        next
    if (path !~ /\/\.latent-[0-9a-f]*\.tmp$/ || $0 !~ /O_EXCL/)
        complain(path " is written under its own name")
    fresh[path] = 1
    next
}
/^(write|pwrite64|writev|ftruncate|fallocate)\(/ {
    path = of_descriptor($0)
    if (path in flushed) {
        complain(path " is written after its fsync")
        delete flushed[path]
    }
    next
}
/^(fsync|fdatasync)\(/ {
    path = of_descriptor($0)
    if (path in fresh)
        flushed[path] = 1
    if (path in waits) {
        names = split(waits[path], name, "\n")
        for (i = 1; i <= names; i++)
            print "done " name[i]
        delete waits[path]
    }
    next
}
/^rename(at2?)?\(/ {
    from = quoted($0, 1)
    to = quoted($0, 2)
    if (outside(to))
        next
    nothing_waits(to)
    if (!(from in flushed))
        complain(to " gets its name before its bytes are flushed")
    if (folder_of(from) != folder_of(to))
        complain(to " comes out of another folder")
    waits[folder_of(to)] = to
    delete fresh[from]
    delete flushed[from]
    next
}
/^mkdir(at)?\(/ {
    path = quoted($0, 1)
    if (outside(path))
        next
    folder = folder_of(path)
    if (folder in waits)
        waits[folder] = waits[folder] "\n" path
    else
        waits[folder] = path
}
END {
    nothing_waits("the end")
    for (path in fresh)
        complain(path " is left")
}
