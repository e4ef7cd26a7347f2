import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A blocking TCP socket of IPv4 loopback for tests. Every wait has a bound; nothing here is meant to be fast.
///
/// The descriptor is owned by whoever made the value: `close()` must be called exactly once.
struct TestSocket: Sendable {
    /// What went wrong, with the name of the system call and its error text.
    struct Failure: Error, CustomStringConvertible {
        let description: String

        init(_ call: String, _ code: Int32 = errno) {
            description = "\(call): \(String(cString: strerror(code)))"
        }

        init(text: String) { description = text }
    }

    /// What one bounded read gave.
    enum Received {
        case bytes([UInt8])
        case end
        case timeout
        case failed(Int32)
    }

    let descriptor: Int32

    #if canImport(Glibc)
        private static let streamType = Int32(SOCK_STREAM.rawValue)
    #else
        private static let streamType = SOCK_STREAM
    #endif

    private static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private static func make() throws -> Int32 {
        let descriptor = socket(AF_INET, streamType, 0)
        guard descriptor >= 0 else { throw Failure("socket") }
        // A child process started by a test must not inherit it, or the peer never sees the close.
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return descriptor
    }

    /// Takes a port of 127.0.0.1 that the system picks.
    /// - Parameter listens: without listening, connecting there is refused for as long as the socket is open.
    static func bound(listens: Bool) throws -> (socket: TestSocket, port: Int) {
        let descriptor = try make()
        var address = loopback(port: 0)
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        guard bound == 0 else {
            let failure = Failure("bind")
            _ = systemClose(descriptor)
            throw failure
        }
        var actual = sockaddr_in()
        var actualLength = length
        let named = withUnsafeMutablePointer(to: &actual) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &actualLength) }
        }
        guard named == 0, !listens || systemListen(descriptor, 512) == 0 else {
            let failure = Failure("listen")
            _ = systemClose(descriptor)
            throw failure
        }
        return (TestSocket(descriptor: descriptor), Int(UInt16(bigEndian: actual.sin_port)))
    }

    /// Connects to 127.0.0.1 within `timeout` seconds.
    static func connect(port: Int, timeout: Double) throws -> TestSocket {
        guard let port = UInt16(exactly: port) else { throw Failure(text: "connect: port \(port) is out of range") }
        let descriptor = try make()
        let socket = TestSocket(descriptor: descriptor)
        let flags = fcntl(descriptor, F_GETFL, 0)
        _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
        var address = loopback(port: port)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                systemConnect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if result != 0 {
            guard errno == EINPROGRESS else {
                let failure = Failure("connect")
                socket.close()
                throw failure
            }
            guard socket.wait(for: Int16(POLLOUT), timeout: timeout) else {
                socket.close()
                throw Failure(text: "connect: no answer in \(timeout) s")
            }
            var code: Int32 = 0
            var length = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
            guard code == 0 else {
                socket.close()
                throw Failure("connect", code)
            }
        }
        _ = fcntl(descriptor, F_SETFL, flags)
        socket.disableDelay()
        return socket
    }

    /// Takes the next connection; nil when none came within `timeout` seconds or the listener was shut down.
    func accept(timeout: Double) -> TestSocket? {
        guard wait(for: Int16(POLLIN), timeout: timeout) else { return nil }
        let accepted = systemAccept(descriptor)
        guard accepted >= 0 else { return nil }
        _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
        let socket = TestSocket(descriptor: accepted)
        socket.disableDelay()
        return socket
    }

    private func disableDelay() {
        var on: Int32 = 1
        _ = setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Waits until the socket is ready (or broken); false after `timeout` seconds.
    func wait(for events: Int16, timeout: Double) -> Bool {
        var entry = pollfd(fd: descriptor, events: events, revents: 0)
        while true {
            let count = poll(&entry, 1, Int32(max(0, min(timeout, 3600)) * 1000))
            if count > 0 { return true }
            if count == 0 || errno != EINTR { return false }
        }
    }

    /// Reads what is there, at most `limit` bytes, waiting at most `timeout` seconds for the first.
    func receive(upTo limit: Int = 65536, timeout: Double) -> Received {
        guard wait(for: Int16(POLLIN), timeout: timeout) else { return .timeout }
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        if count > 0 { return .bytes(Array(buffer[..<count])) }
        return count == 0 ? .end : .failed(errno)
    }

    /// Sends everything; false when the peer is gone or took nothing for `timeout` seconds.
    @discardableResult
    func send(_ bytes: [UInt8], timeout: Double) -> Bool {
        var offset = 0
        while offset < bytes.count {
            guard wait(for: Int16(POLLOUT), timeout: timeout) else { return false }
            let sent = bytes.withUnsafeBytes { raw -> Int in
                // In bounds: offset < count here, and the length is what remains.
                let rest = UnsafeRawBufferPointer(rebasing: raw[offset...])
                #if canImport(Darwin)
                    return systemSend(descriptor, rest.baseAddress, rest.count, 0)
                #else
                    return systemSend(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                #endif
            }
            if sent < 0 && errno == EINTR { continue }
            guard sent > 0 else { return false }
            offset += sent
        }
        return true
    }

    /// True when the peer closed or broke the connection within `seconds`; bytes that arrive meanwhile are dropped.
    func peerGone(within seconds: Double) -> Bool {
        let deadline = ProcessInfo.processInfo.systemUptime + seconds
        while true {
            let rest = deadline - ProcessInfo.processInfo.systemUptime
            if rest <= 0 { return false }
            switch receive(timeout: rest) {
            case .bytes: continue
            case .end, .failed: return true
            case .timeout: return false
            }
        }
    }

    /// Closes so that the peer gets a reset instead of an end.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        _ = setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    /// Wakes every thread that waits on the socket; the descriptor stays open.
    func shutDown() {
        #if canImport(Glibc)
            _ = shutdown(descriptor, Int32(SHUT_RDWR))
        #else
            _ = shutdown(descriptor, SHUT_RDWR)
        #endif
    }

    func shutDownWriting() {
        #if canImport(Glibc)
            _ = shutdown(descriptor, Int32(SHUT_WR))
        #else
            _ = shutdown(descriptor, SHUT_WR)
        #endif
    }

    func close() {
        _ = systemClose(descriptor)
    }
}

// Free functions of the C library, named apart because members of the same name would hide them.

private func systemClose(_ descriptor: Int32) -> Int32 { close(descriptor) }
private func systemListen(_ descriptor: Int32, _ backlog: Int32) -> Int32 { listen(descriptor, backlog) }
private func systemAccept(_ descriptor: Int32) -> Int32 { accept(descriptor, nil, nil) }
private func systemConnect(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Int32 {
    connect(descriptor, address, length)
}
private func systemSend(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int, _ flags: Int32) -> Int {
    send(descriptor, bytes, count, flags)
}
