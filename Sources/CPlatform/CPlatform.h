// What the platform's Swift module map leaves out: epoll, eventfd, accept4, and the state block of a zlib that is found
// at run time. Header only; nothing is compiled or linked.
#ifndef CPLATFORM_H
#define CPLATFORM_H

#if defined(__linux__)
#include <sys/epoll.h>
#include <sys/eventfd.h>
// <sys/socket.h> shows accept4 only with _GNU_SOURCE, which would give other types than the Glibc module has.
struct sockaddr;
extern int accept4(int descriptor, struct sockaddr *address, unsigned int *length, int flags);
#endif

// The layout of zlib's z_stream, unchanged since zlib 1.0 and checked by deflateInit2_ and inflateInit2_ (stream_size).
struct cplatform_zlib_stream {
    const unsigned char *next_in;
    unsigned int avail_in;
    unsigned long total_in;
    unsigned char *next_out;
    unsigned int avail_out;
    unsigned long total_out;
    const char *msg;
    void *state;
    void *zalloc;
    void *zfree;
    void *opaque;
    int data_type;
    unsigned long adler;
    unsigned long reserved;
};

#endif
