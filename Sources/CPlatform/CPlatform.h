// What the platform's Swift module map leaves out: epoll, eventfd, accept4. Header only; nothing is compiled or linked.
#ifndef CPLATFORM_H
#define CPLATFORM_H

#if defined(__linux__)
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#endif

#endif
