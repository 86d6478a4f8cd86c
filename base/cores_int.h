/*
 * cores_int.h - the cgroup reader, apart so that tests can give it a tree.
 */
#ifndef LATENT_CORES_INT_H
#define LATENT_CORES_INT_H

#include "base.h"

/* Cores that the CPU quotas allow (rounded up, at least 1), or SIZE_MAX when
 * there is none.  `list` is the path of this process's cgroup list
 * ("/proc/self/cgroup"), `root` where the trees are mounted
 * ("/sys/fs/cgroup"). */
size_t lat_cores_quota(const char *list, const char *root);

#endif
