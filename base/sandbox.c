/*
 * sandbox.c - a filter for system calls (seccomp-BPF, Linux).
 *
 * A reader that a hostile file has taken over can do no more than what the
 * kernel lets this process do.  The filter is a list of the calls that a
 * study makes; it cannot be taken off again, and threads inherit it:
 *
 *     call on the list                    runs
 *     ... with an argument that is not    EPERM: code made at run time,
 *         meant                           signals to others, terminals
 *     a program, the network, another     the process is killed (SIGSYS):
 *         process, the kernel itself      nothing of ours asks for these
 *     all else                            ENOSYS: "not on this kernel", upon
 *                                         which C libraries use an older call
 *
 * Files may still be opened: outputs get a temporary name only when they are
 * written, and inputs are opened when their turn comes.  A filter sees
 * numbers, not paths, so that it cannot tell one file from another.
 *
 * Source: Linux, Documentation/userspace-api/seccomp_filter.rst.
 */
#include "base.h"

#if defined(__linux__) && defined(__LP64__) && defined(__has_include)
#if __has_include(<linux/seccomp.h>) &&                                    \
    (defined(__x86_64__) || defined(__AARCH64EL__))
#define HAVE_FILTER
#endif
#endif

#ifndef HAVE_FILTER

lat_status lat_sandbox_enter(lat_error *error)
{
    return lat_error_set(error, LAT_USAGE,
                         "no sandbox in this build, expected Linux on x86-64 "
                         "or 64-bit ARM");
}

#else

#include <asm/termbits.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __x86_64__
#define MACHINE AUDIT_ARCH_X86_64
#else
#define MACHINE AUDIT_ARCH_AARCH64
#endif

/* What a study does, by purpose.  The second lines are older names, which
 * only x86-64 has. */
static const int allowed[] = {
    /* files */
    SYS_openat, SYS_close, SYS_read, SYS_write, SYS_readv, SYS_writev,
    SYS_pread64, SYS_pwrite64, SYS_lseek, SYS_fstat, SYS_newfstatat,
    SYS_faccessat, SYS_readlinkat, SYS_getdents64, SYS_fcntl, SYS_fsync,
    SYS_fallocate, SYS_fstatfs, SYS_renameat, SYS_renameat2, SYS_unlinkat,
    SYS_mkdirat,
    /* memory */
    SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise,
    /* threads and signals */
    SYS_futex, SYS_set_robust_list, SYS_set_tid_address, SYS_sched_yield,
    SYS_sched_getaffinity, SYS_gettid, SYS_getpid, SYS_rt_sigaction,
    SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_restart_syscall, SYS_exit,
    SYS_exit_group,
    /* clocks and counts */
    SYS_clock_gettime, SYS_getrusage, SYS_sysinfo, SYS_getrandom,
#ifdef SYS_rseq
    SYS_rseq,
#endif
#ifdef __x86_64__
    SYS_open, SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_rename,
    SYS_unlink, SYS_mkdir, SYS_rmdir,
#endif
};

/* What only a program that is no longer ours would ask for. */
static const int deadly[] = {
    /* programs and processes */
    SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv,
    SYS_process_vm_writev, SYS_kill, SYS_unshare, SYS_setns,
    /* network */
    SYS_socket, SYS_socketpair, SYS_connect, SYS_bind, SYS_listen,
    SYS_accept, SYS_accept4, SYS_sendto, SYS_sendmsg, SYS_sendmmsg,
    SYS_recvfrom, SYS_recvmsg, SYS_recvmmsg,
    /* the kernel */
    SYS_bpf, SYS_perf_event_open, SYS_init_module, SYS_finit_module,
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_keyctl,
    SYS_setuid, SYS_setresuid, SYS_open_by_handle_at,
#ifdef __x86_64__
    SYS_fork, SYS_vfork,
#endif
};

enum {
    LENGTH_ALLOWED = sizeof allowed / sizeof *allowed,
    LENGTH_DEADLY = sizeof deadly / sizeof *deadly,
    /* Two instructions a plain call; start, end, calls with arguments. */
    MOST = 2 * (LENGTH_ALLOWED + LENGTH_DEADLY) + 64
};

typedef struct filter {
    struct sock_filter code[MOST];
    unsigned short size;
} filter;

static void add(filter *f, unsigned code, uint32_t value, unsigned if_true,
                unsigned if_false)
{
    f->code[f->size++] = (struct sock_filter){
        (uint16_t)code, (uint8_t)if_true, (uint8_t)if_false, value};
}

static void load(filter *f, size_t offset)
{
    add(f, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void answer(filter *f, uint32_t action)
{
    add(f, BPF_RET | BPF_K, action, 0, 0);
}

static const uint32_t refused = SECCOMP_RET_ERRNO | EPERM;
static const uint32_t absent = SECCOMP_RET_ERRNO | ENOSYS;

static void rule(filter *f, int call, uint32_t action)
{
    add(f, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 1);
    answer(f, action);
}

/* `test` (BPF_JEQ or BPF_JSET) of the low half of an argument with `value`
 * decides: `yes` or `no`.  Both machines are little-endian. */
static void rule_of_argument(filter *f, int call, size_t argument,
                             unsigned test, uint32_t value, uint32_t yes,
                             uint32_t no)
{
    add(f, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 4);
    load(f, offsetof(struct seccomp_data, args) + 8 * argument);
    add(f, BPF_JMP | test | BPF_K, value, 0, 1);
    answer(f, yes);
    answer(f, no);
}

/* isatty asks for one of these, by C library. */
static void rule_of_terminals(filter *f)
{
    static const uint32_t questions[] = {TCGETS, TIOCGWINSZ,
#ifdef TCGETS2
                                         TCGETS2,
#endif
    };
    const unsigned count = sizeof questions / sizeof *questions;

    add(f, BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 2 + 2 * count);
    load(f, offsetof(struct seccomp_data, args) + 8);
    for (unsigned i = 0; i < count; i++)
        rule(f, (int)questions[i], SECCOMP_RET_ALLOW);
    answer(f, refused);
}

static void build(filter *f)
{
    f->size = 0;
    /* Numbers mean other calls to 32-bit code. */
    load(f, offsetof(struct seccomp_data, arch));
    add(f, BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 1, 0);
    answer(f, SECCOMP_RET_KILL_PROCESS);
    load(f, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < LENGTH_ALLOWED; i++)
        rule(f, allowed[i], SECCOMP_RET_ALLOW);
    for (size_t i = 0; i < LENGTH_DEADLY; i++)
        rule(f, deadly[i], SECCOMP_RET_KILL_PROCESS);
    /* Threads, no processes.  (clone3 hides its flags in memory: ENOSYS.) */
    rule_of_argument(f, SYS_clone, 0, BPF_JSET, CLONE_THREAD,
                     SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_PROCESS);
    rule_of_argument(f, SYS_mmap, 2, BPF_JSET, PROT_EXEC, refused,
                     SECCOMP_RET_ALLOW);
    rule_of_argument(f, SYS_mprotect, 2, BPF_JSET, PROT_EXEC, refused,
                     SECCOMP_RET_ALLOW);
    /* abort() and raise() send signals to their own process; musl's to a
     * thread, of which the first has the process's number. */
    rule_of_argument(f, SYS_tgkill, 0, BPF_JEQ, (uint32_t)getpid(),
                     SECCOMP_RET_ALLOW, refused);
    rule_of_argument(f, SYS_tkill, 0, BPF_JEQ, (uint32_t)getpid(),
                     SECCOMP_RET_ALLOW, refused);
    rule_of_terminals(f);
    answer(f, absent);
}

lat_status lat_sandbox_enter(lat_error *error)
{
    filter f;
    struct sock_fprog program = {0};

    build(&f);
    program.len = f.size;
    program.filter = f.code;
    /* Without privileges to gain, anybody may put on a filter. */
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0)
        return lat_error_set(error, LAT_USAGE,
                             "no sandbox: this kernel takes no filter for "
                             "system calls");
    return LAT_OK;
}

#endif
