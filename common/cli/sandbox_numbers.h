/* sandbox_numbers: the numbers of system calls. No architecture has all of them: newer ones lack
 * what another call has superseded, 32-bit ones have their own for wide offsets and times. A call
 * that is lacking has the number NO_CALL. */
#ifndef SOCKKIT_CLI_SANDBOX_NUMBERS_H
#define SOCKKIT_CLI_SANDBOX_NUMBERS_H

#include <sys/syscall.h>

#define NO_CALL (-1)

#ifndef SYS__llseek
#define SYS__llseek NO_CALL
#endif

#ifndef SYS_accept
#define SYS_accept NO_CALL
#endif

#ifndef SYS_access
#define SYS_access NO_CALL
#endif

#ifndef SYS_clock_gettime
#define SYS_clock_gettime NO_CALL
#endif

#ifndef SYS_clock_gettime64
#define SYS_clock_gettime64 NO_CALL
#endif

#ifndef SYS_clone3
#define SYS_clone3 NO_CALL
#endif

#ifndef SYS_epoll_wait
#define SYS_epoll_wait NO_CALL
#endif

#ifndef SYS_fcntl
#define SYS_fcntl NO_CALL
#endif

#ifndef SYS_fcntl64
#define SYS_fcntl64 NO_CALL
#endif

#ifndef SYS_fork
#define SYS_fork NO_CALL
#endif

#ifndef SYS_fstat
#define SYS_fstat NO_CALL
#endif

#ifndef SYS_fstat64
#define SYS_fstat64 NO_CALL
#endif

#ifndef SYS_fstatat64
#define SYS_fstatat64 NO_CALL
#endif

#ifndef SYS_futex
#define SYS_futex NO_CALL
#endif

#ifndef SYS_futex_time64
#define SYS_futex_time64 NO_CALL
#endif

#ifndef SYS_getpgrp
#define SYS_getpgrp NO_CALL
#endif

#ifndef SYS_gettimeofday
#define SYS_gettimeofday NO_CALL
#endif

#ifndef SYS_lseek
#define SYS_lseek NO_CALL
#endif

#ifndef SYS_lstat
#define SYS_lstat NO_CALL
#endif

#ifndef SYS_lstat64
#define SYS_lstat64 NO_CALL
#endif

#ifndef SYS_mmap
#define SYS_mmap NO_CALL
#endif

#ifndef SYS_mmap2
#define SYS_mmap2 NO_CALL
#endif

#ifndef SYS_newfstatat
#define SYS_newfstatat NO_CALL
#endif

#ifndef SYS_open
#define SYS_open NO_CALL
#endif

#ifndef SYS_poll
#define SYS_poll NO_CALL
#endif

#ifndef SYS_ppoll
#define SYS_ppoll NO_CALL
#endif

#ifndef SYS_ppoll_time64
#define SYS_ppoll_time64 NO_CALL
#endif

#ifndef SYS_readlink
#define SYS_readlink NO_CALL
#endif

#ifndef SYS_recv
#define SYS_recv NO_CALL
#endif

#ifndef SYS_recvmmsg
#define SYS_recvmmsg NO_CALL
#endif

#ifndef SYS_recvmmsg_time64
#define SYS_recvmmsg_time64 NO_CALL
#endif

#ifndef SYS_send
#define SYS_send NO_CALL
#endif

#ifndef SYS_sigreturn
#define SYS_sigreturn NO_CALL
#endif

#ifndef SYS_socketcall
#define SYS_socketcall NO_CALL
#endif

#ifndef SYS_stat
#define SYS_stat NO_CALL
#endif

#ifndef SYS_stat64
#define SYS_stat64 NO_CALL
#endif

#ifndef SYS_ugetrlimit
#define SYS_ugetrlimit NO_CALL
#endif

#ifndef SYS_wait4
#define SYS_wait4 NO_CALL
#endif

#endif
