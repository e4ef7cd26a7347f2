#if canImport(Glibc)
    import Glibc
    import CPlatform
#else
    import Darwin
#endif

/// Socket calls with their platform differences evened out; each repeats on EINTR and reports errno instead of setting it.
enum SystemCalls {
    /// What a read, write or accept on a non-blocking descriptor came to.
    enum Outcome: Equatable {
        case done(Int)
        case wouldBlock
        case failed(Int32)
    }

    #if canImport(Glibc)
        private static let peekFlag = Int32(MSG_PEEK)
    #else
        private static let peekFlag = MSG_PEEK
    #endif

    static func describe(_ number: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        guard strerror_r(number, &buffer, buffer.count) == 0 else { return "error \(number)" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    @inline(__always)
    private static func outcome(_ result: Int) -> Outcome? {
        if result >= 0 { return .done(result) }
        switch errno {
        case EINTR: return nil
        case EAGAIN, EWOULDBLOCK: return .wouldBlock
        case let number: return .failed(number)
        }
    }

    static func receive(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Outcome {
        while true {
            if let outcome = outcome(recv(descriptor, buffer.baseAddress, buffer.count, 0)) { return outcome }
        }
    }

    /// Looks for one byte without taking it: `.done(0)` is the end of the stream.
    static func peek(_ descriptor: Int32) -> Outcome {
        var byte: UInt8 = 0
        while true {
            if let outcome = outcome(recv(descriptor, &byte, 1, peekFlag)) { return outcome }
        }
    }

    /// Sends without raising SIGPIPE.
    static func send(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Outcome {
        while true {
            #if canImport(Glibc)
                let result = Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            #else
                // SO_NOSIGPIPE is set on every socket instead.
                let result = Darwin.send(descriptor, bytes.baseAddress, bytes.count, 0)
            #endif
            if let outcome = outcome(result) { return outcome }
        }
    }

    /// Sends two buffers in one call, without raising SIGPIPE.
    static func send(_ descriptor: Int32, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> Outcome
    {
        // The kernel only reads through these pointers; the call does not outlive the buffers.
        let vectors = [
            iovec(iov_base: UnsafeMutableRawPointer(mutating: first.baseAddress), iov_len: first.count),
            iovec(iov_base: UnsafeMutableRawPointer(mutating: second.baseAddress), iov_len: second.count),
        ]
        return vectors.withUnsafeBufferPointer { vectors in
            var message = msghdr()
            message.msg_iov = UnsafeMutablePointer(mutating: vectors.baseAddress)
            message.msg_iovlen = 2
            while true {
                #if canImport(Glibc)
                    let result = sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL))
                #else
                    let result = sendmsg(descriptor, &message, 0)
                #endif
                if let outcome = outcome(result) { return outcome }
            }
        }
    }

    /// Accepts one connection; the new descriptor is non-blocking and closed on exec.
    static func accept(_ descriptor: Int32) -> Outcome {
        while true {
            #if canImport(Glibc)
                let result = accept4(descriptor, nil, nil, Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))
            #else
                let result = Darwin.accept(descriptor, nil, nil)
                if result >= 0 { makeNonBlocking(result) }
            #endif
            if let outcome = outcome(Int(result)) { return outcome }
        }
    }

    /// Whether a failed accept concerns that one connection only.
    static func isAcceptTransient(_ number: Int32) -> Bool {
        switch number {
        case ECONNABORTED, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, EHOSTUNREACH, ENETUNREACH, EPERM: true
        default: false
        }
    }

    /// A non-blocking TCP socket, or errno.
    static func socket(family: Int32) -> Outcome {
        #if canImport(Glibc)
            let flags = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
            let result = Glibc.socket(family, Int32(flags), 0)
        #else
            let result = Darwin.socket(family, SOCK_STREAM, 0)
            if result >= 0 { makeNonBlocking(result) }
        #endif
        return result >= 0 ? .done(Int(result)) : .failed(errno)
    }

    /// A socket that is connected, or (second value) is about to be: it becomes writable then, or has an error.
    static func connect(to address: SocketAddress) -> (Outcome, inProgress: Bool) {
        let outcome = socket(family: address.family)
        guard case .done(let number) = outcome else { return (outcome, false) }
        let descriptor = Int32(number)
        let result = address.withPointer { connectSocket(descriptor, $0, $1) }
        if result == 0 { return (outcome, false) }
        let failure = errno
        // An interrupted connect goes on in the background too.
        if failure == EINPROGRESS || failure == EINTR { return (outcome, true) }
        close(descriptor)
        return (.failed(failure), false)
    }

    static func makeNonBlocking(_ descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    static func setOption(_ descriptor: Int32, level: Int32, _ option: Int32, to value: Int32) {
        var value = value
        _ = setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// What every connected socket needs: small writes go out at once, and a write to a dead peer is an error, not a signal.
    static func prepareConnected(_ descriptor: Int32) {
        setOption(descriptor, level: Int32(IPPROTO_TCP), TCP_NODELAY, to: 1)
        #if canImport(Darwin)
            setOption(descriptor, level: SOL_SOCKET, SO_NOSIGPIPE, to: 1)
        #endif
    }

    /// The error that a connecting socket ended with, 0 for none.
    static func pendingError(_ descriptor: Int32) -> Int32 {
        var number: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &number, &size) == 0 ? number : errno
    }

    static func close(_ descriptor: Int32) {
        #if canImport(Glibc)
            _ = Glibc.close(descriptor)
        #else
            _ = Darwin.close(descriptor)
        #endif
    }

    static func shutdownWriting(_ descriptor: Int32) {
        _ = shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Nanoseconds of a clock that never goes back.
    static func monotonicNanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}

extension Duration {
    /// Whole nanoseconds, 0 for negative durations, cut off at about 290 years.
    var clampedNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        guard seconds < 9_000_000_000 else { return UInt64(Int64.max) }
        return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    }
}

/// The system's connect, which the method of the same name hides.
private func connectSocket(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ size: socklen_t) -> Int32 {
    connect(descriptor, address, size)
}
