/* sockopt_numbers: the numbers of socket options. No system has all of those that -O knows: one
 * that is lacking has the number NO_OPTION, which setsockopt(2) refuses (ENOPROTOOPT). */
#ifndef SOCKKIT_NET_SOCKOPT_NUMBERS_H
#define SOCKKIT_NET_SOCKOPT_NUMBERS_H

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#define NO_OPTION (-1)

#ifndef TCP_KEEPIDLE
#ifdef TCP_KEEPALIVE
#define TCP_KEEPIDLE TCP_KEEPALIVE /* macOS */
#else
#define TCP_KEEPIDLE NO_OPTION
#endif
#endif

#ifndef TCP_KEEPINTVL
#define TCP_KEEPINTVL NO_OPTION
#endif

#ifndef TCP_KEEPCNT
#define TCP_KEEPCNT NO_OPTION
#endif

#ifndef TCP_SYNCNT
#define TCP_SYNCNT NO_OPTION
#endif

#ifndef TCP_USER_TIMEOUT
#define TCP_USER_TIMEOUT NO_OPTION
#endif

#ifndef TCP_DEFER_ACCEPT
#define TCP_DEFER_ACCEPT NO_OPTION
#endif

#ifndef TCP_QUICKACK
#define TCP_QUICKACK NO_OPTION
#endif

#ifndef TCP_CONGESTION
#define TCP_CONGESTION NO_OPTION
#endif

#ifndef SO_PRIORITY
#define SO_PRIORITY NO_OPTION
#endif

#ifndef SO_MARK
#define SO_MARK NO_OPTION
#endif

#ifndef SO_BINDTODEVICE
#define SO_BINDTODEVICE NO_OPTION
#endif

#ifndef IP_MINTTL
#define IP_MINTTL NO_OPTION
#endif

#ifndef IP_MTU_DISCOVER
#define IP_MTU_DISCOVER NO_OPTION
#define IP_PMTUDISC_DONT 0
#define IP_PMTUDISC_WANT 1
#define IP_PMTUDISC_DO 2
#endif

#ifndef IP_FREEBIND
#define IP_FREEBIND NO_OPTION
#endif

#ifndef IP_TRANSPARENT
#define IP_TRANSPARENT NO_OPTION
#endif

#ifndef IPV6_MINHOPCOUNT
#define IPV6_MINHOPCOUNT NO_OPTION
#endif

#ifndef IPV6_TCLASS
#define IPV6_TCLASS NO_OPTION
#endif

#ifndef IPV6_MTU_DISCOVER
#define IPV6_MTU_DISCOVER NO_OPTION
#endif

#ifndef IPV6_FREEBIND
#define IPV6_FREEBIND NO_OPTION
#endif

#ifndef IPV6_TRANSPARENT
#define IPV6_TRANSPARENT NO_OPTION
#endif

#endif
