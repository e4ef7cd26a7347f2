import Dispatch

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A listening socket.
struct Listener: Sendable {
    let descriptor: Int32
    let address: HTTPServer.BoundAddress

    /// Resolves the address off the loops, then binds and listens.
    static func bind(_ configuration: HTTPServer.Configuration) async throws -> Listener {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try bindBlocking(configuration) })
            }
        }
    }

    /// Finds the addresses of the configured host off the loops, and opens nothing.
    static func check(_ configuration: HTTPServer.Configuration) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            DispatchQueue.global().async {
                continuation.resume(with: Result { _ = try resolve(configuration) })
            }
        }
    }

    private static func resolve(_ configuration: HTTPServer.Configuration) throws(TransportError) -> [SocketAddress] {
        do throws(SocketAddress.ResolutionFailure) {
            return try SocketAddress.resolve(host: configuration.host, port: configuration.port, passive: true)
        } catch {
            throw TransportError(code: .address, message: "cannot resolve \(configuration.host): \(error.text)")
        }
    }

    private static func bindBlocking(_ configuration: HTTPServer.Configuration) throws(TransportError) -> Listener {
        let addresses = try resolve(configuration)
        // All addresses: one IPv6 socket takes IPv4 too, where there is IPv6.
        let ordered =
            configuration.host.isEmpty
            ? addresses.filter { $0.family == AF_INET6 } + addresses.filter { $0.family == AF_INET } : addresses
        var failure = TransportError(code: .address, message: "no address to listen on")
        for address in ordered {
            do throws(TransportError) { return try open(address, backlog: configuration.backlog) } catch {
                failure = error
            }
        }
        throw TransportError(
            code: failure.code,
            message: "cannot listen on \(configuration.host):\(configuration.port): \(failure.message)")
    }

    private static func open(_ address: SocketAddress, backlog: Int) throws(TransportError) -> Listener {
        guard case .done(let number) = SystemCalls.socket(family: address.family) else {
            throw TransportError(code: .listen, call: "socket", errno: errno)
        }
        let descriptor = Int32(number)
        SystemCalls.setOption(descriptor, level: SOL_SOCKET, SO_REUSEADDR, to: 1)
        if address.family == AF_INET6 {
            SystemCalls.setOption(descriptor, level: Int32(IPPROTO_IPV6), IPV6_V6ONLY, to: 0)
        }
        var call: StaticString = "bind"
        var result = address.withPointer { bindSocket(descriptor, $0, $1) }
        if result == 0 {
            call = "listen"
            result = listen(descriptor, Int32(clamping: max(1, backlog)))
        }
        guard result == 0, let (host, port) = SocketAddress.describe(descriptor, peer: false) else {
            let number = errno
            SystemCalls.close(descriptor)
            throw TransportError(code: .listen, call: call, errno: number)
        }
        return Listener(descriptor: descriptor, address: HTTPServer.BoundAddress(host: host, port: port))
    }
}

/// The system's bind, which the method of the same name hides.
private func bindSocket(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ size: socklen_t) -> Int32 {
    bind(descriptor, address, size)
}
