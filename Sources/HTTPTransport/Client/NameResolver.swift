import Dispatch
import Synchronization

/// Finds addresses off the loops and remembers them for a short time.
final class NameResolver: Sendable {
    private struct Key: Hashable {
        var host: String
        var port: Int
    }

    private struct State {
        var known: [Key: (addresses: [SocketAddress], until: UInt64)] = [:]
        /// Who waits for a lookup that is running: one lookup for each name at a time.
        var waiting: [Key: [@Sendable (Result<[SocketAddress], SocketAddress.ResolutionFailure>) -> Void]] = [:]
    }

    /// Most names remembered at once; past it everything is forgotten, which only costs lookups.
    private static let maxKnown = 1024

    private let state = Mutex(State())
    private let lifetime: UInt64
    private let queue = DispatchQueue(label: "name-resolution", attributes: .concurrent)

    init(lifetime: Duration) {
        self.lifetime = lifetime.clampedNanoseconds
    }

    /// The remembered addresses, if they are fresh.
    func known(host: String, port: Int) -> [SocketAddress]? {
        state.withLock { state in
            guard let entry = state.known[Key(host: host, port: port)] else { return nil }
            return entry.until > SystemCalls.monotonicNanoseconds() ? entry.addresses : nil
        }
    }

    /// Looks a name up on a thread of its own and calls `completion` there. A lookup cannot be stopped; who no longer waits
    /// ignores the call.
    func resolve(
        host: String, port: Int,
        completion: @escaping @Sendable (Result<[SocketAddress], SocketAddress.ResolutionFailure>) -> Void
    ) {
        let key = Key(host: host, port: port)
        let isFirst = state.withLock { state in
            state.waiting[key, default: []].append(completion)
            return state.waiting[key]?.count == 1
        }
        guard isFirst else { return }
        queue.async {
            let result = Result { () throws(SocketAddress.ResolutionFailure) in
                try SocketAddress.resolve(host: host, port: port, passive: false)
            }
            let waiting = self.state.withLock { state in
                if case .success(let addresses) = result {
                    if state.known.count >= Self.maxKnown { state.known.removeAll() }
                    state.known[key] = (addresses, SystemCalls.monotonicNanoseconds() &+ self.lifetime)
                }
                return state.waiting.removeValue(forKey: key) ?? []
            }
            for completion in waiting { completion(result) }
        }
    }
}
