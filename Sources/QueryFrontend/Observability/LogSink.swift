import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Where log lines go.
public protocol LogSink: Sendable {
    /// Takes one whole line, its newline included. Called from any thread; must not throw the line apart.
    func write(_ line: [UInt8])
}

/// The standard error stream: one write(2) a line, so that lines of several threads do not mix.
public final class StandardErrorLogSink: LogSink {
    private let lock = Mutex<Void>(())

    /// A sink; every one of them writes to the same descriptor.
    public init() {}

    /// Writes the line. A closed descriptor loses it, and so does a full one that does not block. On the usual blocking one
    /// the caller waits: a reader that stalls with the pipe full holds up whoever logs, until it reads on or goes away.
    public func write(_ line: [UInt8]) {
        // Above the size of a pipe's buffer the kernel may split a write, hence the lock around the loop.
        lock.withLock { _ in
            var offset = 0
            while offset < line.count {
                let written = line[offset...].withUnsafeBytes { bytes in
                    // The pointer is only used during the call, with the count that belongs to it.
                    writeOnce(STDERR_FILENO, bytes.baseAddress, bytes.count)
                }
                if written > 0 {
                    offset += written
                } else if written < 0, errno == EINTR {
                    continue
                } else {
                    return
                }
            }
        }
    }
}

/// write(2) under a name that the method above does not hide.
private func writeOnce(_ descriptor: Int32, _ base: UnsafeRawPointer?, _ count: Int) -> Int {
    guard let base else { return 0 }
    return write(descriptor, base, count)
}
