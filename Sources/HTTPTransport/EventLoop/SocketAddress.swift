#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// An IPv4 or IPv6 address with a port, as the socket calls take it.
struct SocketAddress: Sendable, Equatable {
    /// The bytes of a `sockaddr_in` or `sockaddr_in6`.
    let bytes: [UInt8]
    let family: Int32

    /// The addresses of a name or literal, as the system orders them. Blocks; not for a loop's thread.
    /// - Parameter passive: for listening; an empty host then means all addresses.
    /// - Throws: the system's words for the failure.
    static func resolve(host: String, port: Int, passive: Bool) throws(ResolutionFailure) -> [SocketAddress] {
        guard (0...65_535).contains(port) else { throw ResolutionFailure(text: "port \(port) is out of range") }
        guard !host.utf8.contains(0) else { throw ResolutionFailure(text: "bad host name") }
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        #if canImport(Glibc)
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        hints.ai_flags = passive ? AI_PASSIVE : 0
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host.isEmpty ? nil : host, String(port), &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        guard code == 0 else { throw ResolutionFailure(text: String(cString: gai_strerror(code))) }
        var addresses: [SocketAddress] = []
        var next = list
        while let info = next, addresses.count < 64 {
            // getaddrinfo states the size of what ai_addr points to.
            if let address = info.pointee.ai_addr,
                info.pointee.ai_family == AF_INET || info.pointee.ai_family == AF_INET6
            {
                let bytes = UnsafeRawBufferPointer(start: address, count: Int(info.pointee.ai_addrlen))
                addresses.append(SocketAddress(bytes: [UInt8](bytes), family: info.pointee.ai_family))
            }
            next = info.pointee.ai_next
        }
        guard !addresses.isEmpty else { throw ResolutionFailure(text: "no address") }
        return addresses
    }

    struct ResolutionFailure: Error {
        let text: String
    }

    /// Passes the address to a call that takes a `sockaddr`.
    func withPointer<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        // A sockaddr_storage is large enough for, and aligned as, every kind of address.
        var storage = sockaddr_storage()
        return withUnsafeMutableBytes(of: &storage) { buffer in
            buffer.copyBytes(from: bytes.prefix(buffer.count))
            return buffer.withMemoryRebound(to: sockaddr.self) { rebound in
                guard let base = rebound.baseAddress else { preconditionFailure("sockaddr_storage has no bytes") }
                return body(UnsafePointer(base), socklen_t(bytes.count))
            }
        }
    }

    /// The address literal and the port of a socket's own or peer's end.
    static func describe(_ descriptor: Int32, peer: Bool) -> (host: String, port: Int)? {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutableBytes(of: &storage) { buffer -> (host: String, port: Int)? in
            buffer.withMemoryRebound(to: sockaddr.self) { rebound -> (host: String, port: Int)? in
                guard let base = rebound.baseAddress else { return nil }
                let result = peer ? getpeername(descriptor, base, &size) : getsockname(descriptor, base, &size)
                guard result == 0 else { return nil }
                var host = [CChar](repeating: 0, count: 64)
                var service = [CChar](repeating: 0, count: 16)
                guard
                    getnameinfo(
                        base, size, &host, socklen_t(host.count), &service, socklen_t(service.count),
                        NI_NUMERICHOST | NI_NUMERICSERV) == 0
                else { return nil }
                let name = String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                let port = String(decoding: service.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                return (name, Int(port) ?? 0)
            }
        }
    }

    /// The peer's address and port in one text; empty when unknown.
    static func peer(of descriptor: Int32) -> String {
        guard let (host, port) = describe(descriptor, peer: true) else { return "" }
        // A dual-stack socket sees IPv4 clients as ::ffff:a.b.c.d.
        if host.hasPrefix("::ffff:"), host.contains(".") { return "\(host.dropFirst(7)):\(port)" }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
