import Synchronization

/// What `/status/upstreams` shows of one target: counts and the last error, gathered from its sub-requests.
final class TargetState: Sendable {
    /// A copy of the figures at one moment.
    struct Snapshot: Sendable {
        var inFlight = 0
        var requests = 0
        var failures = 0
        /// Failures by their kind, in few words.
        var failuresByKind: [String: Int] = [:]
        /// Weighted mean of the latest sub-requests, the newest weighing one eighth.
        var meanLatency: Duration = .zero
        var lastError: String?
        /// Unix seconds of the last error and of the last answer; nil: none yet.
        var lastErrorUnixSeconds: Int64?
        var lastAnswerUnixSeconds: Int64?
        /// nil: not asked yet.
        var isReachable: Bool?
        /// The version that the target says it has; nil: not known.
        var version: String?
        /// How far the target's clock was last seen to be from those of the others, ahead if positive; nil: not known.
        var clockSkew: Duration?
    }

    private let state = Mutex(Snapshot())
    private static let maxKinds = 32

    var snapshot: Snapshot { state.withLock { $0 } }

    /// What the target said its version is: at most 64 characters of visible ASCII and blanks are kept of it.
    func note(version: String?) {
        let shown = version.map { version in
            String(version.unicodeScalars.prefix(64).map { (0x20...0x7E).contains($0.value) ? Character($0) : "?" })
        }
        state.withLock { $0.version = shown }
    }

    /// How far ahead of the others the target's clock was seen to be.
    func note(clockSkew: Duration?) { state.withLock { $0.clockSkew = clockSkew } }

    func began() {
        state.withLock {
            $0.inFlight += 1
            $0.requests += 1
        }
    }

    /// - Parameters:
    ///   - error: nil after an answer.
    ///   - kind: what the failure is counted under.
    ///   - isReachable: false only when no HTTP answer came at all.
    ///   - wasAsked: false when nothing was sent: what the target last did stays what it last did.
    func ended(
        elapsed: Duration, error: String?, kind: String? = nil, isReachable: Bool?, wasAsked: Bool = true,
        unixSeconds: Int64
    ) {
        state.withLock {
            $0.inFlight -= 1
            if wasAsked { $0.meanLatency = $0.meanLatency == .zero ? elapsed : $0.meanLatency * 7 / 8 + elapsed / 8 }
            if let isReachable { $0.isReachable = isReachable }
            if let error {
                $0.failures += 1
                let kind = kind ?? "other"
                let isKnown = $0.failuresByKind[kind] != nil || $0.failuresByKind.count < Self.maxKinds
                $0.failuresByKind[isKnown ? kind : "other", default: 0] += 1
                guard wasAsked else { return }
                $0.lastError = error
                $0.lastErrorUnixSeconds = unixSeconds
            } else if isReachable == true {
                $0.lastAnswerUnixSeconds = unixSeconds
            }
        }
    }
}
