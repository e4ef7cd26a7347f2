import Synchronization

/// An endpoint of Tempo's query API that not every version, and not every other speaker of the API, serves.
enum TargetEndpoint: String, Sendable, Hashable, CaseIterable {
    case tracesV2 = "/api/v2/traces"
    case search = "/api/search"
    case tags = "/api/search/tags"
    case tagsV2 = "/api/v2/search/tags"
    case tagValues = "/api/search/tag/{name}/values"
    case tagValuesV2 = "/api/v2/search/tag/{name}/values"
    case queryRange = "/api/metrics/query_range"
    case queryInstant = "/api/metrics/query"
}

/// What has been learned of a target: which endpoints it does not serve, that it is a Tempo at all, and when its version is to be
/// asked for. Everything is forgotten after ten minutes, since targets are upgraded.
final class TargetCapabilities: Sendable {
    private static let memory: Int64 = 600 * 1_000_000_000

    private struct State {
        /// Until when, unix nanoseconds.
        var lacking: [TargetEndpoint: Int64] = [:]
        var isTempoUntil = Int64.min
        var versionDue = Int64.min
    }

    private let clock: any WallClock
    private let versionInterval: Int64
    private let state = Mutex(State())
    private let wantsVersion: @Sendable () -> Void

    /// - Parameters:
    ///   - versionInterval: how long a version is believed; zero: nobody wants to know it.
    ///   - wantsVersion: called when the target is used and its version is not known, or was long ago.
    init(
        clock: any WallClock, versionInterval: Duration = .seconds(600),
        wantsVersion: @escaping @Sendable () -> Void = {}
    ) {
        self.clock = clock
        self.versionInterval = GoDuration.nanoseconds(versionInterval)
        self.wantsVersion = wantsVersion
    }

    private var end: Int64 { after(Self.memory) }

    private func after(_ nanoseconds: Int64) -> Int64 {
        let (end, overflow) = clock.unixNanoseconds.addingReportingOverflow(nanoseconds)
        return overflow ? .max : end
    }

    /// The target is used.
    func noteUse() {
        guard versionInterval > 0 else { return }
        let (now, next) = (clock.unixNanoseconds, after(versionInterval))
        let isDue = state.withLock { state in
            guard now >= state.versionDue else { return false }
            state.versionDue = next
            return true
        }
        if isDue { wantsVersion() }
    }

    func isLacking(_ endpoint: TargetEndpoint) -> Bool {
        let now = clock.unixNanoseconds
        return state.withLock { state in
            guard let until = state.lacking[endpoint] else { return false }
            if now < until { return true }
            state.lacking[endpoint] = nil
            return false
        }
    }

    func noteLacking(_ endpoint: TargetEndpoint) {
        let end = end
        state.withLock { $0.lacking[endpoint] = end }
    }

    /// Whether the target has given an answer of Tempo's of late.
    var isTempo: Bool {
        let now = clock.unixNanoseconds
        return state.withLock { now < $0.isTempoUntil }
    }

    func noteTempo() {
        let end = end
        state.withLock { $0.isTempoUntil = end }
    }
}
